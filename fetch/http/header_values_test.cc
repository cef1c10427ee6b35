#include "fetch/http/header_values.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "fetch/http/http_client.h"
#include "fetch/transport.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

constexpr char kSha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

HttpHead Head(int status, std::multimap<std::string, std::string> headers) {
  return {.status = status, .headers = std::move(headers)};
}

TEST(HeaderValuesTest, R26ValidatorsAreStrong) {
  EXPECT_EQ(ValidatorOf(Head(200, {{"etag", "\"a\""}})), "\"a\"");
  EXPECT_EQ(ValidatorOf(Head(200, {{"etag", "W/\"a\""}})), "");
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(ValidatorOf(Head(200, {{"last-modified", date}, {"date", "Sun, 06 Nov 1994 08:49:38 GMT"}})), date);
  EXPECT_EQ(ValidatorOf(Head(200, {{"last-modified", date}, {"date", date}})), "");
  EXPECT_EQ(ValidatorOf(Head(200, {{"last-modified", "lately"}, {"date", date}})), "");
}

TEST(HeaderValuesTest, R11ContentRangesMakeSense) {
  const std::optional<ContentRange> range = ParseContentRange("bytes 2-5/10");
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->range, (ByteRange{.begin = 2, .end = 6}));
  EXPECT_EQ(range->total, 10);
  for (const std::string bad : {"", "bytes */10", "bytes 2-5/*", "bytes 5-2/10", "bytes 2-10/10", "bytes -1-5/10", "2-5/10", "bytes 2-5",
                                "bytes 2-99999999999999999999/10", "items 2-5/10"}) {
    EXPECT_FALSE(ParseContentRange(bad).has_value()) << bad;
  }
}

TEST(HeaderValuesTest, R22StatedHashesAreTaken) {
  const std::string base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  EXPECT_EQ(StatedHashes(Head(200, {{"repr-digest", absl::StrCat("md5=:x:, sha-256=:", base64, ":")}})).sha256, kSha256);
  EXPECT_EQ(StatedHashes(Head(200, {{"digest", absl::StrCat("SHA-256=", base64)}})).sha256, kSha256);
  EXPECT_EQ(StatedHashes(Head(200, {{"x-amz-checksum-sha256", base64}})).sha256, kSha256);
  EXPECT_TRUE(StatedHashes(Head(200, {{"x-amz-checksum-sha256", absl::StrCat(base64, "-3")}})).empty());
  const std::string md5 = "d41d8cd98f00b204e9800998ecf8427e";
  const std::string md5_base64 = "1B2M2Y8AsgTpgAmY7PhCfg==";
  EXPECT_EQ(StatedHashes(Head(200, {{"content-md5", md5_base64}, {"etag", absl::StrCat("\"", md5, "\"")}})).md5, md5);
  EXPECT_EQ(StatedHashes(Head(200, {{"content-md5", md5_base64}, {"etag", "\"-multipart\""}})).md5, md5);
  // An MD5 that the ETag contradicts, or an ETag alone, says nothing.
  EXPECT_TRUE(StatedHashes(Head(200, {{"content-md5", md5_base64}, {"etag", absl::StrCat("\"", std::string(32, '0'), "\"")}})).empty());
  EXPECT_TRUE(StatedHashes(Head(200, {{"etag", absl::StrCat("\"", md5, "\"")}})).empty());
}

TEST(HeaderValuesTest, R16RetryAfterIsSecondsOrADate) {
  const absl::Time now = absl::FromUnixSeconds(784111777);  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(ParseRetryAfter("120", now), absl::Seconds(120));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:50:37 GMT", now), absl::Seconds(60));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:48:37 GMT", now), absl::ZeroDuration());
  EXPECT_EQ(ParseRetryAfter("-5", now), absl::ZeroDuration());
  EXPECT_EQ(ParseRetryAfter("soon", now), std::nullopt);
}

TEST(HeaderValuesTest, NamesFromTheServerAreOnlyNames) {
  EXPECT_EQ(AttachmentName("attachment; filename=\"a.pth\"; filename*=UTF-8''b%20c.pth"), "b c.pth");
  EXPECT_EQ(AttachmentName("attachment; filename=\"../../.bashrc\""), "bashrc");
  EXPECT_EQ(AttachmentName("attachment; filename=\"a\\b\nc\""), "bc");
  EXPECT_EQ(AttachmentName("attachment; filename=\"..\""), "");
  EXPECT_EQ(AttachmentName("inline"), "");
}

}  // namespace
}  // namespace weighbridge
