#include "formats/bytes/byte_cursor.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "formats/bytes/byte_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

TEST(ByteCursorTest, ReadsLittleEndianIntegers) {
  const ByteSourcePtr source = MakeMemorySource("m", std::string("\x01\x02\x03\x04\x05\x06\x07\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 16));
  EXPECT_EQ(*ByteCursor(*source).ReadU8(), 0x01);
  EXPECT_EQ(*ByteCursor(*source).ReadU16(), 0x0201);
  EXPECT_EQ(*ByteCursor(*source).ReadU32(), 0x04030201u);
  EXPECT_EQ(*ByteCursor(*source).ReadU64(), 0xff07060504030201u);
  EXPECT_EQ(*ByteCursor(*source, 7, 16).ReadI32(), -1);
  EXPECT_EQ(*ByteCursor(*source, 8, 16).ReadI64(), INT64_MAX);
  EXPECT_EQ(*ByteCursor(*source, 8, 16).ReadSize(), INT64_MAX);
  EXPECT_EQ(*ByteCursor(*MakeMemorySource("m", std::string("\x3f\xf8\0\0\0\0\0\0", 8))).ReadF64BigEndian(), 1.5);
}

TEST(ByteCursorTest, NeverPassesItsEndAndMovesNothingThen) {
  const ByteSourcePtr source = MakeMemorySource("m", "abcdefgh");
  ByteCursor cursor(*source, 2, 5);
  EXPECT_EQ(cursor.ReadU32().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cursor.ReadString(4).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cursor.ReadString(-1).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cursor.ReadString(INT64_MAX).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cursor.Skip(4).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cursor.Skip(-1).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cursor.position(), 2);
  EXPECT_EQ(*cursor.PeekU8(), 'c');
  EXPECT_EQ(*cursor.ReadString(3), "cde");
  EXPECT_EQ(cursor.remaining(), 0);
  EXPECT_THAT(cursor.ReadU8().status().message(), HasSubstr("reading m: 1 bytes are wanted at offset 5, 0 are left"));
  EXPECT_EQ(cursor.PeekU8().status().code(), absl::StatusCode::kDataLoss);
}

TEST(ByteCursorTest, ASizeFitsInt64) {
  const ByteSourcePtr source = MakeMemorySource("m", std::string("\0\0\0\0\0\0\0\x80", 8));
  ByteCursor cursor(*source);
  EXPECT_THAT(cursor.ReadSize().status().message(), HasSubstr("9223372036854775808"));
  EXPECT_EQ(cursor.position(), 0);
}

TEST(ByteCursorTest, ALineEndsWithinItsLimit) {
  const ByteSourcePtr source = MakeMemorySource("m", "ab\n\nlonger\nnever");
  ByteCursor cursor(*source);
  EXPECT_EQ(*cursor.ReadLine(100), "ab");
  EXPECT_EQ(*cursor.ReadLine(100), "");
  EXPECT_EQ(cursor.ReadLine(4).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(*cursor.ReadLine(7), "longer");
  EXPECT_EQ(cursor.ReadLine(100).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cursor.remaining(), 5);
}

// Longer than the window that the cursor keeps, with numbers across its ends.
TEST(ByteCursorTest, ReadsThroughLongSources) {
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += {static_cast<char>(i), static_cast<char>(i >> 8), static_cast<char>(i >> 16)};
  const ByteSourcePtr source = MakeMemorySource("m", bytes);
  ByteCursor cursor(*source);
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_EQ(*cursor.ReadU16(), i & 0xffff);
    ASSERT_EQ(*cursor.ReadU8(), i >> 16);
  }
  EXPECT_EQ(cursor.remaining(), 0);
  ByteCursor again(*source);
  ASSERT_TRUE(again.Skip(1).ok());
  EXPECT_EQ(*again.ReadString(200'000), bytes.substr(1, 200'000));
}

}  // namespace
}  // namespace weighbridge
