#include "verify/digest/digest.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

std::string SomeBytes(int64_t size) {
  std::string bytes(static_cast<size_t>(size), '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(static_cast<uint32_t>(i) * 2654435761U >> 24);
  return bytes;
}

// docs/manifest.md, read once more: text is hexadecimal.
std::string Xxh3(const std::string& bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  return std::string(reinterpret_cast<const char*>(canonical.digest), 16);
}

std::string DigestByDefinition(const std::string& header, const std::string& bytes) {
  std::string hashed = header;
  for (size_t begin = 0; begin < bytes.size(); begin += 1 << 20) hashed += Xxh3(bytes.substr(begin, 1 << 20));
  return absl::BytesToHexString(Xxh3(hashed));
}

std::string DigestOf(const TensorSpec& spec, absl::string_view bytes, size_t piece) {
  ContentDigest digest(spec);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) digest.Update(bytes.substr(0, piece));
  return absl::BytesToHexString(*digest.Finish());
}

TEST(ContentDigest, IsTheFormulaForAnyPieces) {
  const std::string header =
      std::string("weighbridge.tensor.v1\0float16\0\x02\0\0\0\x03\0\0\0\0\0\0\0", 42) + std::string("\x01\0\x10\0\0\0\0\0", 8);
  const std::string bytes = SomeBytes(int64_t{3} * 1048577 * 2);
  for (size_t piece : {1000, 1 << 20, 1 << 25}) {
    EXPECT_EQ(DigestOf({DType::kFloat16, {3, 1048577}}, bytes, piece), DigestByDefinition(header, bytes)) << piece;
  }
}

// Computed with Python's xxhash as docs/manifest.md shows.
TEST(ContentDigest, IsWhatPythonComputes) {
  const std::string half("\x00\x3c\x00\x40\x00\x42\x00\x44\x00\x45\x00\x46", 12);
  EXPECT_EQ(DigestOf({DType::kFloat16, {2, 3}}, half, 5), "f2f322dbd3c37cbfdcbd0dba836ada78");
  EXPECT_EQ(DigestOf({DType::kFloat16, {3, 2}}, half, 5), "62545971a2f5bb6eb1d2ffd13004d97c");
  EXPECT_EQ(DigestOf({DType::kBfloat16, {2, 3}}, half, 5), "f1a257179c259923413e59a7d49bc02b");
  EXPECT_EQ(DigestOf({DType::kFloat32, {}}, absl::string_view("\x00\x00\x80\x3f", 4), 1), "035ae6b64eb189beb63ec03af6ddcdd7");
  EXPECT_EQ(DigestOf({DType::kInt64, {0, 7}}, "", 1), "cfde5ae65ade5081788f487b5c07dc90");
  EXPECT_EQ(DigestOf({DType::kUint8, {2621440}}, SomeBytes(2621440), 77777), "c8761edb95450ed103c5740ef9980fcb");
}

TEST(ContentDigest, WithSha256IsWhatPythonComputes) {
  const std::string half("\x00\x3c\x00\x40\x00\x42\x00\x44\x00\x45\x00\x46", 12);
  ContentDigest digest({DType::kFloat16, {2, 3}}, DigestKind::kSha256);
  digest.Update(half);
  EXPECT_EQ(absl::BytesToHexString(*digest.Finish()), "1f98772bcc2082eba1e1ce50778f5bf491ac0fc0e93c9ca099fcdc13b20726cf");
}

TEST(ContentDigest, IsMadeOfChunksDigestedApart) {
  const std::string bytes = SomeBytes(2 * kDigestChunk + 10);
  ChunkDigests first(DigestKind::kXxh3);
  first.Update(bytes.substr(0, kDigestChunk));
  ChunkDigests rest(DigestKind::kXxh3);
  rest.Update(bytes.substr(kDigestChunk));
  const TensorSpec spec{DType::kUint8, {2 * kDigestChunk + 10}};
  EXPECT_EQ(absl::BytesToHexString(*ContentDigestOfChunks(DigestKind::kXxh3, spec, *first.Finish() + *rest.Finish())),
            DigestOf(spec, bytes, 12345));
}

// docs/read_manifest.py shares no code with us, and knows the same element types.
TEST(ReadManifestScript, KnowsEveryDtypeAndItsSize) {
  std::ifstream file("docs/read_manifest.py");
  const std::string script(std::istreambuf_iterator<char>(file), {});
  const size_t begin = script.find("ITEM = {");
  ASSERT_NE(begin, std::string::npos);
  const std::string table = script.substr(begin, script.find('}', begin) - begin);
  for (const DType dtype : AllDTypes()) {
    const std::string entry = absl::StrCat("\"", DTypeName(dtype), "\": ", ItemSize(dtype));
    EXPECT_TRUE(absl::StrContains(table, entry + ",") || absl::EndsWith(table, entry)) << entry;
  }
  EXPECT_EQ(std::count(table.begin(), table.end(), ':'), static_cast<int64_t>(AllDTypes().size()));
}

// A configuration that allows other algorithms only, as FIPS 140 asks for.
TEST(Sha256, ThatCannotBeComputedIsAnErrorAndNoDigest) {
  ASSERT_EQ(EVP_default_properties_enable_fips(nullptr, 1), 1);
  Sha256 sha256;
  sha256.Update("abc");
  const absl::StatusOr<std::string> digest = sha256.Finish();
  ContentDigest content({DType::kUint8, {3}}, DigestKind::kSha256);
  content.Update("abc");
  const absl::StatusOr<std::string> of_content = content.Finish();
  const absl::StatusOr<std::string> of_file = DigestFile(*MakeMemorySource("file", "abc"), {}, nullptr, {});
  ASSERT_EQ(EVP_default_properties_enable_fips(nullptr, 0), 1);
  for (const absl::Status& status : {digest.status(), of_content.status(), of_file.status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), "SHA-256 cannot be computed: OpenSSL: ")) << status;
  }
  EXPECT_TRUE(Sha256Of("abc").ok());
}

TEST(Sha256, IsTheStandard) {
  Sha256 sha256;
  sha256.Update("a");
  sha256.Update("bc");
  EXPECT_EQ(absl::BytesToHexString(*sha256.Finish()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(absl::BytesToHexString(*Sha256().Finish()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

constexpr uint32_t kCrcOf123456789 = 0xcbf43926;

TEST(DigestFile, DigestsAllBytesAndReportsThem) {
  const ByteSourcePtr source = MakeMemorySource("file", SomeBytes(3 * 1048576 + 7));
  int64_t reported = 0;
  const absl::StatusOr<std::string> digest = DigestFile(*source, {}, nullptr, [&](int64_t bytes) { reported += bytes; });
  ASSERT_TRUE(digest.ok()) << digest.status();
  Sha256 sha256;
  sha256.Update(SomeBytes(3 * 1048576 + 7));
  EXPECT_EQ(*digest, *sha256.Finish());
  EXPECT_EQ(reported, source->size());
}

TEST(DigestFile, ChecksRangesWhereverTheyLie) {
  std::string bytes = SomeBytes(2 * 1048576 + 20);
  const std::vector<int64_t> places = {0, 100, 1048576 - 4, 1048576 + 5, 2 * 1048576 + 11};  // Across a buffer's end, and at the very end.
  for (int64_t place : places) bytes.replace(static_cast<size_t>(place), 9, "123456789");
  const ByteSourcePtr source = MakeMemorySource("file", bytes);
  std::vector<ChecksummedRange> ranges;
  for (int64_t place : places) ranges.push_back({source, place, 9, kCrcOf123456789, "member"});
  ranges.push_back({source, 50, 0, 0, "empty"});
  ranges.push_back(ranges[0]);
  ranges.push_back({MakeMemorySource("another", "x"), 0, 1, 0, "not here"});
  EXPECT_TRUE(DigestFile(*source, ranges, nullptr, nullptr).ok());
  for (size_t i = 0; i < places.size(); ++i) {
    std::vector<ChecksummedRange> wrong(ranges.begin(), ranges.begin() + static_cast<int64_t>(places.size()));
    wrong[i].crc32 ^= 1;
    wrong[i].label = "member archive/data/7";
    const absl::Status status = DigestFile(*source, wrong, nullptr, nullptr).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << i;
    EXPECT_EQ(status.message(), "file: member archive/data/7: the bytes have the CRC-32 cbf43926, the container says cbf43927");
  }
}

TEST(DigestFile, RefusesRangesThatOverlapOrLieBeyondTheEnd) {
  const ByteSourcePtr source = MakeMemorySource("file", "123456789123");
  const ChecksummedRange good = {source, 0, 9, kCrcOf123456789, "a"};
  for (const ChecksummedRange& bad : {ChecksummedRange{source, 8, 4, 0, "b"}, ChecksummedRange{source, 0, 8, 0, "b"},
                                      ChecksummedRange{source, 9, INT64_MAX, 0, "b"}, ChecksummedRange{source, 100, 0, 0, "b"}}) {
    const std::vector<ChecksummedRange> ranges = {good, bad};
    EXPECT_EQ(DigestFile(*source, ranges, nullptr, nullptr).status().code(), absl::StatusCode::kDataLoss) << bad.offset << " " << bad.size;
  }
}

TEST(DigestFile, StopsWhenTold) {
  const std::atomic<bool> stop = true;
  EXPECT_EQ(DigestFile(*MakeMemorySource("file", "x"), {}, &stop, nullptr).status().code(), absl::StatusCode::kCancelled);
}

TEST(CheckRange, ComparesTheChecksum) {
  const ByteSourcePtr source = MakeMemorySource("decoded", "x123456789y");
  EXPECT_TRUE(CheckRange({source, 1, 9, kCrcOf123456789, "m"}).ok());
  EXPECT_EQ(CheckRange({source, 0, 9, kCrcOf123456789, "m"}).code(), absl::StatusCode::kDataLoss);
}

TEST(ForEachPiece, GivesRowMajorBytesInOrderWithinMemory) {
  const std::string bytes = SomeBytes(int64_t{2} * 5 * 7 * 11);
  // Stored with the axes reversed.
  const StoredTensor tensor = *StoredTensor::Create({DType::kInt16, {5, 7, 11}}, MakeMemorySource("memory", bytes), 0, {1, 5, 35});
  std::string expected;
  for (size_t i = 0; i < 5; ++i) {
    for (size_t j = 0; j < 7; ++j) {
      for (size_t k = 0; k < 11; ++k) expected += bytes.substr(2 * (i + 5 * j + 35 * k), 2);
    }
  }
  for (int64_t memory : {16, 17, 22, 50, 154, 160, 500, 10000}) {
    std::string pieces;
    ASSERT_TRUE(ForEachPiece(tensor, memory, [&](absl::string_view piece) {
                  EXPECT_LE(static_cast<int64_t>(piece.size()), memory);
                  pieces.append(piece.data(), piece.size());
                }).ok());
    EXPECT_EQ(pieces, expected) << memory;
  }
}

TEST(ForEachPiece, CallsNothingForNoElementsAndOnceForAScalar) {
  int calls = 0;
  const auto count = [&](absl::string_view) { ++calls; };
  const ByteSourcePtr source = MakeMemorySource("memory", "abcd");
  ASSERT_TRUE(ForEachPiece(*StoredTensor::CreateRowMajor({DType::kFloat32, {3, 0}}, source, 0), 100, count).ok());
  EXPECT_EQ(calls, 0);
  ASSERT_TRUE(ForEachPiece(*StoredTensor::CreateRowMajor({DType::kFloat32, {}}, source, 0), 100, count).ok());
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace weighbridge
