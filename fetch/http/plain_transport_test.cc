#include "fetch/http/plain_transport.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fetch/address/uri.h"
#include "fetch/http/http_client.h"
#include "fetch/testing/fake_http_client.h"
#include "fetch/transport.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

FakeAnswer Answer(int status, std::multimap<std::string, std::string> headers, const std::string& body) {
  return {.status = status, .headers = std::move(headers), .body = body};
}

absl::StatusOr<Listing> List(FakeHttpClient& client, const std::string& address = "https://x/dir/a%20b.bin?sig=1") {
  PlainTransport transport(client);
  return transport.List(*ParseUri(address));
}

TEST(PlainTransportTest, AHeadNamesTheFileWithSizeAndAddress) {
  FakeHttpClient client([](const HttpRequest& request) { return AnswerWithFile(request, "12345", "\"a\""); });
  const absl::StatusOr<Listing> listing = List(client);
  ASSERT_TRUE(listing.ok()) << listing.status();
  ASSERT_EQ(listing->files.size(), 1);
  EXPECT_EQ(listing->files[0].path, "a b.bin");
  EXPECT_EQ(listing->files[0].size, 5);
  EXPECT_EQ(listing->files[0].uri.ToString(), "https://x/dir/a%20b.bin");
  EXPECT_EQ(client.requests()[0].method, "HEAD");
  EXPECT_EQ(client.requests()[0].url.query, "sig=1");
}

TEST(PlainTransportTest, AServerThatRefusesHeadIsAskedForOneByte) {
  for (const int refusal : {403, 405}) {
    FakeHttpClient client([refusal](const HttpRequest& request) {
      return request.method == "HEAD" ? Answer(refusal, {}, "") : AnswerWithFile(request, "12345", "\"a\"");
    });
    const absl::StatusOr<Listing> listing = List(client);
    ASSERT_TRUE(listing.ok()) << listing.status();
    EXPECT_EQ(listing->files[0].size, 5);
    EXPECT_EQ(HeaderOf(client.requests()[1], "Range"), "bytes=0-0");
  }
}

TEST(PlainTransportTest, AFileWithoutSizeOrNameIsNone) {
  FakeHttpClient no_size({Answer(200, {}, "")});
  EXPECT_THAT(List(no_size).status().message(), HasSubstr("does not say how large"));
  FakeHttpClient client(std::vector<FakeAnswer>{});
  for (const std::string address : {"https://x/", "https://x/%2e%2e", "https://x/a%2Fw.part", "https://x/weights.lock"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(List(client, address).status())) << address;
  }
  EXPECT_TRUE(client.requests().empty());
}

TEST(PlainTransportTest, AFinalAnswerIsNotAskedForTwice) {
  FakeHttpClient client({Answer(404, {}, "")});
  EXPECT_TRUE(absl::IsNotFound(List(client).status()));
  EXPECT_EQ(client.requests().size(), 1);
}

}  // namespace
}  // namespace weighbridge
