#include "fetch/http/exchange.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "fetch/address/url.h"
#include "fetch/http/http_client.h"
#include "fetch/retry.h"
#include "fetch/testing/fake_http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kStart[] = "https://hub.example/file?sig=SECRET77";

FakeAnswer Redirect(const std::string& to, int status = 302) {
  return {.status = status, .headers = {{"location", to}}};
}

FakeAnswer Text(int status, const std::string& body) {
  return {.status = status, .body = body};
}

FakeAnswer Page(const std::string& body) {
  return {.status = 200, .headers = {{"content-type", "text/html; charset=utf-8"}}, .body = body};
}

// Shows a token to hub.example alone.
class TokenSite : public HttpSite {
 public:
  std::vector<HttpHeader> PrivateHeaders(const Url& url) const override {
    if (url.Origin() != "https://hub.example:443") return {};
    return {{"Authorization", "Bearer TOKEN4711"}};
  }
};

absl::StatusOr<TextAnswer> Get(FakeHttpClient& client, const std::string& address = kStart, int64_t limit = 1000) {
  TokenSite site;
  return GetText(client, site, {.method = "GET", .url = *ParseUrl(address), .headers = {{"Range", "bytes=0-0"}}}, limit);
}

TEST(ExchangeTest, ARedirectIsFollowedAndKeepsTheRequestsHeaders) {
  for (const int status : {301, 302, 303, 307, 308}) {
    FakeHttpClient client({Redirect("/other?x=1", status), Text(200, "body")});
    const absl::StatusOr<TextAnswer> answer = Get(client);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->body, "body");
    EXPECT_EQ(answer->url.ToString(), "https://hub.example/other?x=1");
    EXPECT_EQ(HeaderOf(client.requests()[1], "range"), "bytes=0-0");
  }
}

TEST(ExchangeTest, R2ATokenStaysWithItsServer) {
  FakeHttpClient client({Redirect("https://cdn.example/x"), Redirect("https://hub.example/y"), Text(200, "")});
  ASSERT_TRUE(Get(client).ok());
  const std::vector<HttpRequest> sent = client.requests();
  EXPECT_EQ(HeaderOf(sent[0], "Authorization"), "Bearer TOKEN4711");
  EXPECT_EQ(HeaderOf(sent[1], "Authorization"), "");
  EXPECT_EQ(HeaderOf(sent[2], "Authorization"), "Bearer TOKEN4711");
}

TEST(ExchangeTest, R3TenRedirectsAreFollowedAndNoMore) {
  const auto after = [](int hops) {
    FakeHttpClient client([hops, asked = 0](const HttpRequest&) mutable {
      return ++asked <= hops ? Redirect(absl::StrCat("/", asked)) : Text(200, "there");
    });
    return Get(client);
  };
  EXPECT_TRUE(after(10).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(after(11).status()));
  EXPECT_THAT(after(11).status().message(), HasSubstr("more than 10 redirects"));
}

TEST(ExchangeTest, R3ACircleIsSeen) {
  FakeHttpClient client({Redirect("/b"), Redirect(kStart)});
  const absl::Status status = Get(client).status();
  EXPECT_THAT(status.message(), HasSubstr("leads in a circle"));
  EXPECT_THAT(status.message(), Not(HasSubstr("SECRET")));
  EXPECT_EQ(client.requests().size(), 2);
}

TEST(ExchangeTest, R4NoRedirectLeadsToPlainHttpOrToAnotherScheme) {
  for (const std::string to : {"http://hub.example/", "http://127.0.0.1/", "file:///etc/passwd", "ftp://hub.example/x",
                               "https://user:SECRET@hub.example/", "//"}) {
    FakeHttpClient client({Redirect(to)});
    const absl::Status status = Get(client).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status)) << to << ": " << status;
    EXPECT_THAT(status.message(), Not(HasSubstr("SECRET")));
    EXPECT_EQ(client.requests().size(), 1);
  }
  FakeHttpClient local({Redirect("http://192.0.2.1/")});
  EXPECT_THAT(Get(local, "http://127.0.0.1/x").status().message(), HasSubstr("this machine only"));
}

TEST(ExchangeTest, ARedirectWithoutLocationIsAFailure) {
  FakeHttpClient client({Text(302, "go on")});
  EXPECT_TRUE(absl::IsFailedPrecondition(Get(client).status()));
}

TEST(ExchangeTest, R15APageIsNoFileUnlessItIsAnAttachment) {
  FakeHttpClient page({Page("<html>Please log in")});
  EXPECT_THAT(Get(page).status().message(), HasSubstr("an HTML page came instead of the file: <html>Please log in"));
  FakeAnswer attachment = Page("<html>");
  attachment.headers.emplace("content-disposition", "attachment; filename=a.html");
  FakeHttpClient client({attachment});
  EXPECT_TRUE(Get(client).ok());
}

TEST(ExchangeTest, R16WhatMayPassIsUnavailableAndTheRestIsFinal) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    FakeHttpClient client({Text(status, "busy")});
    EXPECT_TRUE(absl::IsUnavailable(Get(client).status())) << status;
  }
  const std::vector<std::pair<int, absl::StatusCode>> finals = {
      {400, absl::StatusCode::kFailedPrecondition}, {401, absl::StatusCode::kPermissionDenied},
      {403, absl::StatusCode::kPermissionDenied},   {404, absl::StatusCode::kNotFound},
      {410, absl::StatusCode::kNotFound},           {501, absl::StatusCode::kFailedPrecondition}};
  for (const auto& [status, code] : finals) {
    FakeHttpClient client({Text(status, "no")});
    EXPECT_EQ(Get(client).status().code(), code) << status;
  }
}

TEST(ExchangeTest, R16RetryAfterIsHandedOnThroughEveryLayer) {
  FakeAnswer busy = Text(503, "busy");
  busy.headers.emplace("retry-after", "17");
  FakeHttpClient client({Redirect("/elsewhere"), busy});
  EXPECT_EQ(RetryAfter(Get(client).status()), absl::Seconds(17));
}

TEST(ExchangeTest, R18AFailureNamesServersWordsAndIdsButNoSecrets) {
  FakeAnswer answer = Text(404, "no /file?sig=SECRET77\n\n for TOKEN4711 \x1b[2J");
  answer.headers = {{"x-request-id", "id-7"}, {"x-amz-request-id", "id-8"}};
  FakeHttpClient client({answer});
  const absl::Status status = Get(client).status();
  EXPECT_EQ(status.message(), "https://hub.example/file: status 404: no /file?... for ... [2J (x-request-id id-7) (x-amz-request-id id-8)");
}

TEST(ExchangeTest, AnEndlessPageIsReadTo256KiB) {
  FakeAnswer endless = Text(404, std::string(size_t{8} << 20, 'x'));
  endless.piece = size_t{16} << 10;
  endless.pause = absl::Milliseconds(1);
  FakeHttpClient client({endless});
  EXPECT_TRUE(absl::IsNotFound(Get(client).status()));
  EXPECT_LE(client.Now(), absl::UnixEpoch() + absl::Milliseconds(17));
}

TEST(ExchangeTest, APageThatDripsIsReadForFiveSeconds) {
  FakeAnswer drip = Text(404, std::string(1000, 'x'));
  drip.piece = 1;
  drip.pause = absl::Seconds(1);
  FakeHttpClient client({drip});
  EXPECT_TRUE(absl::IsNotFound(Get(client).status()));
  EXPECT_LE(client.Now(), absl::UnixEpoch() + absl::Seconds(6));
}

TEST(ExchangeTest, WhatAFailureSaysCountsEvenIfItsEndIsMissing) {
  FakeAnswer cut = Text(404, "gone");
  cut.failure = absl::UnavailableError("connection reset");
  FakeHttpClient client({cut});
  EXPECT_THAT(Get(client).status().message(), HasSubstr("status 404: gone"));
}

TEST(ExchangeTest, AConnectionThatFailsIsUnavailableAndNamesTheAddress) {
  FakeHttpClient client({Redirect("/other?sig=SECRET77")});
  const absl::Status status = Get(client).status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(status.message(), "https://hub.example/other: the script is over");
}

TEST(ExchangeTest, ATextIsNotLongerThanAllowedAndNotSlowerThanTwoMinutes) {
  FakeHttpClient client({Text(200, std::string(1001, 'x'))});
  EXPECT_TRUE(absl::IsResourceExhausted(Get(client).status()));
  FakeAnswer slow = Text(200, "xxx");
  slow.piece = 1;
  slow.pause = absl::Seconds(50);
  FakeHttpClient dripping({slow});
  EXPECT_TRUE(absl::IsDeadlineExceeded(Get(dripping).status()));
}

TEST(ExchangeTest, AStoppedRequestIsNotExplained) {
  FakeAnswer stopped = Text(404, "no");
  stopped.failure = absl::CancelledError("stopped");
  FakeHttpClient client({stopped});
  EXPECT_TRUE(absl::IsCancelled(Get(client).status()));
}

}  // namespace
}  // namespace weighbridge
