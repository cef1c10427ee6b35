#include "fetch/drive/drive_transport.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "fetch/address/uri.h"
#include "fetch/address/url.h"
#include "fetch/http/http_client.h"
#include "fetch/testing/fake_http_client.h"
#include "fetch/transport.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

constexpr char kBytes[] = "0123456789";

// Google Drive with one large file, before which it warns.
FakeAnswer Drive(const HttpRequest& request) {
  if (!absl::StrContains(request.url.query, "uuid=7")) {
    return {.status = 200,
            .headers = {{"content-type", "text/html"}, {"set-cookie", "NID=cookie; Domain=.google.com; HttpOnly"}},
            .body =
                "<title>Virus scan warning</title><form action=\"https://drive.usercontent.google.com/download\" method=\"get\">"
                "<input type=\"hidden\" name=\"id\" value=\"ID\"><input type=\"hidden\" name=\"uuid\" value=\"7\"></form>"};
  }
  FakeAnswer answer = AnswerWithFile(request, kBytes, "\"a\"");
  answer.headers.emplace("content-disposition", "attachment; filename=\"w.pth\"");
  return answer;
}

Url Endpoint() {
  return *ParseUrl("https://drive.usercontent.google.com");
}

FakeAnswer Page(int status, const std::string& body) {
  return {.status = status, .headers = {{"content-type", "text/html"}}, .body = body};
}

TEST(DriveTransportTest, AFileBehindTheWarningIsNamedAndRead) {
  FakeHttpClient client(Drive);
  DriveTransport transport(client, Endpoint());
  const absl::StatusOr<Listing> listing = transport.List(*ParseUri("gdrive://ID"));
  ASSERT_TRUE(listing.ok()) << listing.status();
  ASSERT_EQ(listing->files.size(), 1);
  EXPECT_EQ(listing->files[0].path, "w.pth");
  EXPECT_EQ(listing->files[0].size, 10);
  EXPECT_TRUE(listing->files[0].hashes.empty());
  std::string got;
  const std::unique_ptr<RemoteReader> reader = transport.Open(listing->files[0]);
  const absl::Status status = reader->Read(
      {.range = {.begin = 4, .end = 8}, .validator = ""}, [](const BodyStart&) { return absl::OkStatus(); },
      [&](absl::string_view bytes) {
        absl::StrAppend(&got, bytes);
        return absl::OkStatus();
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(got, "4567");
}

TEST(DriveTransportTest, R2ACookieGoesBackToDriveAndNowhereElse) {
  FakeHttpClient client([](const HttpRequest& request) {
    if (request.url.host != Endpoint().host) return Page(200, "elsewhere");
    if (!absl::StrContains(request.url.query, "uuid=7")) return Drive(request);
    return FakeAnswer{.status = 302, .headers = {{"location", "https://google.com.example/w"}}};
  });
  DriveTransport transport(client, Endpoint());
  EXPECT_FALSE(transport.List(*ParseUri("gdrive://ID")).ok());
  const std::vector<HttpRequest> sent = client.requests();
  ASSERT_EQ(sent.size(), 3);
  EXPECT_EQ(HeaderOf(sent[0], "Cookie"), "");
  EXPECT_EQ(HeaderOf(sent[1], "Cookie"), "NID=cookie");
  EXPECT_EQ(HeaderOf(sent[2], "Cookie"), "");
}

TEST(DriveTransportTest, AFileWithoutNameOrSizeIsNone) {
  for (const std::string disposition : {"inline", "attachment; filename=\"weights.lock\"", "attachment; filename=\"..\""}) {
    FakeHttpClient client([&](const HttpRequest& request) {
      FakeAnswer answer = AnswerWithFile(request, kBytes, "\"a\"");
      answer.headers.emplace("content-disposition", disposition);
      return answer;
    });
    DriveTransport transport(client, Endpoint());
    EXPECT_THAT(transport.List(*ParseUri("gdrive://ID")).status().message(), HasSubstr("names no file and size")) << disposition;
  }
}

TEST(DriveTransportTest, AWarningThatLeadsToItselfEnds) {
  FakeHttpClient client([](const HttpRequest&) { return Drive({}); });
  DriveTransport transport(client, Endpoint());
  EXPECT_THAT(transport.List(*ParseUri("gdrive://ID")).status().message(), HasSubstr("leads in a circle"));
  EXPECT_EQ(client.requests().size(), 2);
}

}  // namespace
}  // namespace weighbridge
