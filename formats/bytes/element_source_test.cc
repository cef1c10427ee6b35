#include "formats/bytes/element_source.h"

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

// Every range of `source` reads as that part of `expected`.
void ExpectBytes(const ByteSource& source, const std::string& expected) {
  ASSERT_EQ(source.size(), expected.size());
  for (size_t begin = 0; begin <= expected.size(); ++begin) {
    for (size_t end = begin; end <= expected.size(); ++end) {
      std::string piece(end - begin, '\0');
      ASSERT_TRUE(source.ReadAt(begin, absl::MakeSpan(piece)).ok());
      EXPECT_EQ(piece, expected.substr(begin, end - begin)) << begin << " " << end;
    }
  }
}

TEST(ElementSourceTest, DecodesWhateverRangeIsRead) {
  const ByteSourcePtr bytes = MakeMemorySource("numbers", "xx0123456789abyy");
  ExpectBytes(**MakeSwappedSource("swapped", bytes, 2, 12, 4), "32107654ba98");
  ExpectBytes(**MakeSwappedSource("swapped", bytes, 2, 12, 1), "0123456789ab");
  ExpectBytes(**MakeNegatedSource("negated", bytes, 2, 12, 2, 1, 0),
              "0\xb1"
              "2\xb3"
              "4\xb5"
              "6\xb7"
              "8\xb9"
              "a\xe2");
  ExpectBytes(**MakeNegatedSource("negated", bytes, 2, 12, 2, 2, 1),
              "012\xb3"
              "456\xb7"
              "89a\xe2");
  EXPECT_EQ(MakeSwappedSource("swapped", bytes, 2, 11, 4).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(MakeSwappedSource("swapped", bytes, 8, 12, 4).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace weighbridge
