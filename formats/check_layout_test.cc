#include "formats/check_layout.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "formats/layout.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

// A header with a place for the checksum of the first slot, two slots of which the second is of two rows, an empty slot, an end.
Layout Right() {
  Layout layout;
  layout.size = 22;
  layout.literals = {{.offset = 0, .bytes = std::string("head\0\0\0\0", 8)}, {.offset = 18, .bytes = "tail"}};
  layout.slots = {{.offset = 8, .size = 4}, {.offset = 12, .size = 6}, {.offset = 12, .size = 6}, {.offset = 3, .size = 0}};
  layout.checksums = {{.offset = 4, .slot = 0}};
  return layout;
}

TEST(CheckLayoutTest, EveryByteIsCoveredOnce) {
  EXPECT_TRUE(CheckLayout(Right()).ok()) << CheckLayout(Right());
  EXPECT_TRUE(CheckLayout(Layout()).ok());
}

TEST(CheckLayoutTest, FindsWhatIsWrong) {
  const auto refuses = [](void (*change)(Layout&)) {
    Layout layout = Right();
    change(layout);
    return absl::IsInternal(CheckLayout(layout));
  };
  EXPECT_TRUE(refuses([](Layout& layout) { layout.size = 23; }));
  EXPECT_TRUE(refuses([](Layout& layout) { layout.slots[0].size = 3; })) << "a gap";
  EXPECT_TRUE(refuses([](Layout& layout) { layout.slots[0].size = 5; })) << "an overlap";
  EXPECT_TRUE(refuses([](Layout& layout) { layout.slots[2].size = 5; })) << "two slots in part";
  EXPECT_TRUE(refuses([](Layout& layout) { layout.slots[0].size = -4; }));
  EXPECT_TRUE(refuses([](Layout& layout) { std::swap(layout.literals[0], layout.literals[1]); }));
  EXPECT_TRUE(refuses([](Layout& layout) { layout.checksums[0].slot = 4; }));
  EXPECT_TRUE(refuses([](Layout& layout) { layout.checksums[0].offset = 3; })) << "on other bytes";
  EXPECT_TRUE(refuses([](Layout& layout) { layout.checksums[0].offset = 5; })) << "beyond the literal";
  EXPECT_TRUE(refuses([](Layout& layout) { layout.checksums[0].offset = -1; }));
}

}  // namespace
}  // namespace weighbridge
