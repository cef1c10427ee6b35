#include "fetch/disk/file_hasher.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "fetch/damage.h"
#include "fetch/transport.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kSha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(FileHasherTest, R21HashesAreTheKnownOnes) {
  FileHasher empty(0, {.sha256 = "", .git_sha1 = "wanted", .md5 = "wanted"});
  const FileDigests digests = *empty.Finish();
  EXPECT_EQ(digests.hashes.sha256, kSha256);
  EXPECT_EQ(digests.hashes.git_sha1, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_EQ(digests.hashes.md5, "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_THAT(digests.chunks, IsEmpty());
}

TEST(FileHasherTest, AHashThatIsStatedAndNotMeasuredIsNoYes) {
  const Hashes stated{.sha256 = kSha256, .git_sha1 = "", .md5 = "d41d8cd98f00b204e9800998ecf8427e"};
  FileHasher both(0, stated);
  EXPECT_TRUE(CheckMeasured(stated, *both.Finish()).ok());
  FileHasher one(0, {});
  EXPECT_TRUE(absl::IsInternal(CheckMeasured(stated, *one.Finish())));
  EXPECT_TRUE(absl::IsInternal(CheckMeasured(stated, FileDigests{})));
  FileHasher other(1, stated);
  other.Update("x");
  EXPECT_TRUE(absl::IsDataLoss(CheckMeasured(stated, *other.Finish())));
  // Two statements need not know the same.
  EXPECT_TRUE(CheckAgree(stated, {}).ok());
  EXPECT_TRUE(absl::IsDataLoss(CheckAgree(stated, {.sha256 = std::string(64, '0'), .git_sha1 = "", .md5 = ""})));
  EXPECT_EQ(*Md5Of(""), stated.md5);
}

TEST(FileHasherTest, ChunksSayWhereAFileIsDamaged) {
  std::string bytes(2 * kLockChunk + 5, 'x');
  const auto measure = [&] {
    FileHasher hasher(static_cast<int64_t>(bytes.size()), {});
    // In pieces that do not go with the chunks.
    for (size_t at = 0; at < bytes.size(); at += 1'000'003) hasher.Update(absl::string_view(bytes).substr(at, 1'000'003));
    return MeasuredFile{.size = static_cast<int64_t>(bytes.size()), .digests = *hasher.Finish()};
  };
  LockedFile locked;
  locked.set_size(static_cast<int64_t>(bytes.size()));
  locked.set_chunk_size(kLockChunk);
  for (const std::string& chunk : measure().digests.chunks) locked.add_chunk_xxh3(chunk);
  EXPECT_EQ(locked.chunk_xxh3_size(), 3);
  EXPECT_THAT(DamagedRanges(locked, measure()), IsEmpty());
  bytes[kLockChunk] ^= 1;
  bytes.back() ^= 1;
  const std::vector<ByteRange> damaged = DamagedRanges(locked, measure());
  EXPECT_THAT(damaged, ElementsAre(ByteRange{.begin = kLockChunk, .end = 2 * kLockChunk + 5}));
  EXPECT_THAT(Between(damaged, locked.size()), ElementsAre(ByteRange{.begin = 0, .end = kLockChunk}));
  locked.set_size(7);
  EXPECT_THAT(DamagedRanges(locked, measure()), ElementsAre(ByteRange{.begin = 0, .end = 7}));
}

}  // namespace
}  // namespace weighbridge
