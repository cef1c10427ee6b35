#include "fetch/hub/hub_listing.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "fetch/transport.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

constexpr char kCommit[] = "0123456789abcdef0123456789abcdef01234567";
constexpr char kSha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(HubListingTest, AListingGivesCommitSizesAndHashes) {
  const std::string json = absl::StrCat(
      R"({"id": "o/m", "sha": ")", kCommit, R"(", "siblings": [{"rfilename": "w.bin", "size": 3, "blobId": ")", kCommit,
      R"(", "lfs": {"sha256": ")", kSha256, R"(", "size": 3}}, {"rfilename": "a/c.json", "size": 2, "blobId": ")", kCommit, R"("}]})");
  const absl::StatusOr<Listing> listing = ParseHubListing("o/m", json);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->revision, kCommit);
  ASSERT_EQ(listing->files.size(), 2);
  EXPECT_EQ(listing->files[0].uri.ToString(), absl::StrCat("hf://o/m@", kCommit, "/a/c.json"));
  EXPECT_EQ(listing->files[0].hashes.git_sha1, kCommit);
  EXPECT_EQ(listing->files[1].hashes.sha256, kSha256);
  EXPECT_EQ(listing->files[1].hashes.git_sha1, "");
}

TEST(HubListingTest, AListingOfTooManyFilesIsNotHeld) {
  std::string json = absl::StrCat(R"({"sha": ")", kCommit, R"(", "siblings": [0)");
  for (int i = 0; i < 250'001; ++i) json += ",0";
  EXPECT_TRUE(absl::IsResourceExhausted(ParseHubListing("o/m", json + "]}").status()));
}

TEST(HubListingTest, AHostileListingIsRefused) {
  const std::string begin = absl::StrCat(R"({"sha": ")", kCommit, R"(", "siblings": [{"rfilename": )");
  for (const std::string& json :
       {std::string("<html>"), std::string("{}"), std::string(R"({"sha": "main", "siblings": []})"), begin + R"("../x", "size": 1}]})",
        begin + R"("/etc/passwd", "size": 1}]})", begin + R"("a\u0000b", "size": 1}]})", begin + R"("a\\b", "size": 1}]})",
        begin + R"("a"}]})", begin + R"("a", "size": -1}]})", begin + R"("a", "size": 1.5}]})",
        begin + R"("a", "size": 18446744073709551615}]})", begin + R"("a", "size": 1, "size": 2}]})",
        begin + R"("a", "size": 1}, {"rfilename": "a", "size": 2}]})"}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseHubListing("o/m", json).status())) << json;
  }
}

}  // namespace
}  // namespace weighbridge
