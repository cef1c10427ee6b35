#include "fetch/http/http_reader.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "fetch/address/url.h"
#include "fetch/http/exchange.h"
#include "fetch/http/http_client.h"
#include "fetch/testing/fake_http_client.h"
#include "fetch/transport.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

constexpr char kBytes[] = "0123456789";

FakeAnswer Answer(int status, std::multimap<std::string, std::string> headers, const std::string& body) {
  return {.status = status, .headers = std::move(headers), .body = body};
}

FakeAnswer Part(const std::string& range, const std::string& body) {
  return Answer(206, {{"content-range", range}}, body);
}

// What came of one Read of a file of ten bytes.
struct Result {
  absl::Status status;
  BodyStart start;
  std::string bytes;
};

Result ReadOnce(HttpReader& reader, const RemoteReader::Request& request) {
  Result result;
  result.status = reader.Read(
      request,
      [&](const BodyStart& start) {
        result.start = start;
        return absl::OkStatus();
      },
      [&](absl::string_view bytes) {
        absl::StrAppend(&result.bytes, bytes);
        return absl::OkStatus();
      });
  return result;
}

class HttpReaderTest : public testing::Test {
 protected:
  Result Read(FakeHttpClient& client, int64_t begin, int64_t end, const std::string& validator = "", const std::string& host = "x") {
    HttpReader reader(client, site_, *ParseUrl(absl::StrCat("https://", host, "/w")), 10);
    return ReadOnce(reader, {.range = {.begin = begin, .end = end}, .whole = false, .validator = validator});
  }

  HttpSite site_;
};

TEST_F(HttpReaderTest, ARangeIsAskedForAndTaken) {
  FakeHttpClient client([](const HttpRequest& request) { return AnswerWithFile(request, kBytes, "\"a\""); });
  const Result result = Read(client, 2, 6, "\"a\"");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.bytes, "2345");
  EXPECT_EQ(result.start.begin, 2);
  EXPECT_TRUE(result.start.is_range);
  EXPECT_EQ(result.start.validator, "\"a\"");
  EXPECT_EQ(HeaderOf(client.requests()[0], "Range"), "bytes=2-5");
  EXPECT_EQ(HeaderOf(client.requests()[0], "If-Range"), "\"a\"");
}

TEST_F(HttpReaderTest, AWholeFileIsAskedForWithoutARange) {
  FakeHttpClient client([](const HttpRequest& request) { return AnswerWithFile(request, kBytes, "\"a\""); });
  HttpReader reader(client, site_, *ParseUrl("https://x/w"), 10);
  const Result result = ReadOnce(reader, {.range = {.begin = 0, .end = 10}, .whole = true, .validator = "\"a\""});
  EXPECT_EQ(result.bytes, kBytes);
  EXPECT_FALSE(result.start.is_range);
  EXPECT_TRUE(client.requests()[0].headers.empty());
}

TEST_F(HttpReaderTest, R10AServerThatKnowsNoRangesStartsAtTheBeginning) {
  for (const int64_t begin : {0, 2}) {
    FakeHttpClient client({Answer(200, {{"content-length", "10"}}, kBytes)});
    const Result result = Read(client, begin, 6);
    EXPECT_EQ(result.start.begin, 0);
    EXPECT_FALSE(result.start.is_range);
    EXPECT_EQ(result.bytes, kBytes);
  }
}

TEST_F(HttpReaderTest, R11AnotherRangeThanTheAskedOneIsNotTaken) {
  for (const std::string range : {"bytes 3-6/10", "bytes 2-6/10", "bytes 2-4/10", "bytes 2-5/11", "bytes 2-5/*", "bytes */10", ""}) {
    FakeHttpClient client({Part(range, "2345")});
    const Result result = Read(client, 2, 6);
    EXPECT_TRUE(absl::IsOutOfRange(result.status)) << range;
    EXPECT_EQ(result.bytes, "");
  }
}

TEST_F(HttpReaderTest, R11ARangeThatIsAnnouncedWithAnotherLengthIsNotTaken) {
  FakeHttpClient client({Answer(206, {{"content-range", "bytes 2-5/10"}, {"content-length", "5"}}, "23456")});
  EXPECT_TRUE(absl::IsOutOfRange(Read(client, 2, 6).status));
}

TEST_F(HttpReaderTest, R12ABodyThatEndsTooEarlyIsTriedAgain) {
  FakeHttpClient client({Part("bytes 2-5/10", "23")});
  const Result result = Read(client, 2, 6);
  EXPECT_TRUE(absl::IsUnavailable(result.status));
  EXPECT_EQ(result.status.message(), "https://x/w: 2 bytes are missing");
  EXPECT_EQ(result.bytes, "23");
}

TEST_F(HttpReaderTest, R13ABodyThatGoesOnIsCut) {
  FakeAnswer answer = Part("bytes 2-5/10", "23456789");
  answer.piece = 4;
  FakeHttpClient client({answer});
  const Result result = Read(client, 2, 6);
  EXPECT_TRUE(absl::IsOutOfRange(result.status));
  EXPECT_EQ(result.bytes, "2345");
}

TEST_F(HttpReaderTest, R13AFileOfAnotherSizeIsAnotherFile) {
  FakeHttpClient client({Answer(200, {{"content-length", "11"}}, "0123456789a")});
  const Result result = Read(client, 0, 10);
  EXPECT_TRUE(absl::IsAborted(result.status));
  EXPECT_THAT(result.status.message(), HasSubstr("announces 11 bytes"));
}

TEST_F(HttpReaderTest, R14WhatLiesOutsideTheServersFileSaysHowLargeThatIs) {
  FakeHttpClient client({Answer(416, {{"content-range", "bytes */5"}}, "")});
  const Result result = Read(client, 6, 10);
  EXPECT_TRUE(absl::IsOutOfRange(result.status));
  EXPECT_THAT(result.status.message(), HasSubstr("bytes */5"));
}

TEST_F(HttpReaderTest, R25AFileThatChangedIsAborted) {
  FakeHttpClient other({Answer(206, {{"content-range", "bytes 2-5/10"}, {"etag", "\"b\""}}, "2345")});
  EXPECT_TRUE(absl::IsAborted(Read(other, 2, 6, "\"a\"").status));
  FakeHttpClient whole([](const HttpRequest& request) { return AnswerWithFile(request, kBytes, "\"b\""); });
  EXPECT_TRUE(absl::IsAborted(Read(whole, 2, 6, "\"a\"").status));
  FakeHttpClient precondition({Answer(412, {}, "")});
  EXPECT_TRUE(absl::IsAborted(Read(precondition, 2, 6, "\"a\"").status));
}

TEST_F(HttpReaderTest, BaidusStorageKnowsIfMatch) {
  FakeHttpClient client({Part("bytes 2-5/10", "2345"), Part("bytes 2-5/10", "2345")});
  ASSERT_TRUE(Read(client, 2, 6, "\"a\"", "bj.bcebos.com").status.ok());
  EXPECT_EQ(HeaderOf(client.requests()[0], "If-Match"), "\"a\"");
  ASSERT_TRUE(Read(client, 2, 6, "Sun, 06 Nov 1994 08:49:37 GMT", "bj.bcebos.com").status.ok());
  EXPECT_EQ(HeaderOf(client.requests()[1], "If-Range"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

// Redirects to a second server with a signature; `refused` of the signatures have run out.
class SigningServer {
 public:
  explicit SigningServer(int refused) : refused_(refused) {}

  FakeAnswer operator()(const HttpRequest& request) {
    if (request.url.host == "hub") return Answer(302, {{"location", absl::StrCat("https://cdn/w?sig=", ++signatures_)}}, "");
    return refused_-- > 0 ? Answer(403, {}, "expired") : AnswerWithFile(request, kBytes, "\"a\"");
  }

 private:
  int refused_;
  int signatures_ = 0;
};

std::vector<std::string> Hosts(const FakeHttpClient& client) {
  std::vector<std::string> hosts;
  for (const HttpRequest& request : client.requests()) hosts.push_back(request.url.host);
  return hosts;
}

TEST_F(HttpReaderTest, WhereAnAddressLedToIsRemembered) {
  FakeHttpClient client{SigningServer(0)};
  HttpReader reader(client, site_, *ParseUrl("https://hub/w"), 10);
  ASSERT_TRUE(ReadOnce(reader, {.range = {.begin = 0, .end = 5}, .validator = ""}).status.ok());
  ASSERT_TRUE(ReadOnce(reader, {.range = {.begin = 5, .end = 10}, .validator = ""}).status.ok());
  EXPECT_THAT(Hosts(client), testing::ElementsAre("hub", "cdn", "cdn"));
}

TEST_F(HttpReaderTest, R17ASignatureThatRanOutIsRenewedOnce) {
  FakeHttpClient once{SigningServer(1)};
  HttpReader reader(once, site_, *ParseUrl("https://hub/w"), 10);
  EXPECT_TRUE(ReadOnce(reader, {.range = {.begin = 0, .end = 10}, .whole = true, .validator = ""}).status.ok());
  EXPECT_THAT(Hosts(once), testing::ElementsAre("hub", "cdn", "hub", "cdn"));
  FakeHttpClient always{SigningServer(100)};
  HttpReader refused(always, site_, *ParseUrl("https://hub/w"), 10);
  EXPECT_TRUE(absl::IsPermissionDenied(ReadOnce(refused, {.range = {.begin = 0, .end = 10}, .whole = true, .validator = ""}).status));
  EXPECT_EQ(always.requests().size(), 4);
  // Perhaps that server refuses ranges only.
  EXPECT_TRUE(absl::IsOutOfRange(ReadOnce(refused, {.range = {.begin = 2, .end = 6}, .validator = ""}).status));
}

TEST_F(HttpReaderTest, AServerThatRefusesItselfIsNotAskedTwice) {
  FakeHttpClient client({Answer(403, {}, "no")});
  EXPECT_TRUE(absl::IsPermissionDenied(Read(client, 2, 6).status));
  EXPECT_EQ(client.requests().size(), 1);
}

}  // namespace
}  // namespace weighbridge
