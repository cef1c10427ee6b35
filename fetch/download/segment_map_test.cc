#include "fetch/download/segment_map.h"

#include <optional>
#include <vector>

#include "fetch/transport.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;

TEST(SegmentMapTest, StreamsTakePartsAndThePrefixGrows) {
  SegmentMap map(25, 10, {{.begin = 3, .end = 5}});
  std::vector<ByteRange> parts;
  while (const std::optional<SegmentMap::Taken> part = map.Take()) parts.push_back(part->range);
  EXPECT_THAT(parts, ElementsAre(ByteRange{0, 3}, ByteRange{5, 10}, ByteRange{10, 20}, ByteRange{20, 25}));
  EXPECT_EQ(map.missing(), 23);
  map.Advance(1, 5);
  EXPECT_EQ(map.Prefix(), 0);
  map.Advance(0, 3);
  EXPECT_EQ(map.Prefix(), 10);
  map.Advance(3, 2);
  EXPECT_THAT(map.Done(), ElementsAre(ByteRange{0, 10}, ByteRange{20, 22}));
  map.Advance(2, 10);
  map.Advance(3, 3);
  EXPECT_EQ(map.Prefix(), 25);
  EXPECT_EQ(map.missing(), 0);
}

}  // namespace
}  // namespace weighbridge
