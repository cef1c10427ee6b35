#include "execute/range_check.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "execute/range_crc.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

// "123456789" has this CRC-32 by definition.
constexpr char kDigits[] = "123456789";
constexpr uint32_t kCrc = 0xcbf43926;
// The digits stand in the source from here.
constexpr int64_t kOffset = 1000;

ChecksummedRange Digits(uint32_t crc) {
  return {MakeMemorySource("file", ""), kOffset, 9, crc, "member data/0"};
}

PiecesCrc Pieces(const std::vector<std::pair<int64_t, int64_t>>& ranges) {
  PiecesCrc pieces;
  for (const auto& [begin, end] : ranges) pieces.Append(kOffset + begin, absl::string_view(kDigits + begin, end - begin));
  return pieces;
}

TEST(RangeCheckTest, OnePiece) {
  const ChecksummedRange range = Digits(kCrc);
  RangeCheck check(range);
  EXPECT_TRUE(check.Add(Pieces({{0, 9}})).ok());
}

TEST(RangeCheckTest, PiecesInAnyOrderWithGaps) {
  const ChecksummedRange range = Digits(kCrc);
  RangeCheck check(range);
  EXPECT_TRUE(check.Add(Pieces({{1, 2}, {4, 5}, {7, 8}})).ok());
  EXPECT_TRUE(check.Add(Pieces({{2, 4}, {6, 7}, {8, 9}})).ok());
  EXPECT_TRUE(check.Add(Pieces({{0, 1}, {5, 6}})).ok());
}

TEST(RangeCheckTest, AWrongSumIsNoticedWithTheLastByte) {
  const ChecksummedRange range = Digits(kCrc + 1);
  RangeCheck check(range);
  EXPECT_TRUE(check.Add(Pieces({{4, 9}})).ok());
  const absl::Status status = check.Add(Pieces({{0, 4}}));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("file: member data/0: the bytes have the CRC-32 cbf43926, the container says cbf43927"));
}

TEST(RangeCheckTest, EveryCutOfALongRange) {
  std::mt19937 random(1);
  std::string bytes(5000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  PiecesCrc whole;
  whole.Append(0, bytes);
  const ChecksummedRange range = {MakeMemorySource("file", ""), 0, 5000, whole.ShiftedTo(5000), "all"};
  for (int round = 0; round < 50; ++round) {
    std::vector<std::pair<int64_t, int64_t>> pieces;
    for (int64_t begin = 0; begin < 5000;) {
      const int64_t end = std::min<int64_t>(begin + 1 + random() % 700, 5000);
      pieces.push_back({begin, end});
      begin = end;
    }
    PiecesCrc some[3];
    for (const auto& [begin, end] : pieces) some[random() % 3].Append(begin, absl::string_view(bytes).substr(begin, end - begin));
    RangeCheck check(range);
    for (const PiecesCrc& part : some) EXPECT_TRUE(check.Add(part).ok());
  }
}

}  // namespace
}  // namespace weighbridge
