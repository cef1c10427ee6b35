#include "execute/band_maker.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "execute/box.h"
#include "execute/box_testing.h"
#include "execute/normal_form.h"
#include "execute/runs.h"
#include "execute/tiling.h"
#include "expr/expr.h"
#include "expr/expr_testing.h"
#include "formats/bytes/byte_source.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

// The bytes of the tensor, made band by band within those limits.
std::string MakeInBands(const Expr& expr, const TilingLimits& limits) {
  const int64_t item = ItemSize(expr.spec().dtype);
  std::string bytes(*ByteSize(expr.spec()), 'x');
  BandMaker maker(std::max<int64_t>(limits.tile, 1024));
  const std::vector<Box> boxes = *Normalize(expr);
  for (const Box& box : boxes) {
    const TiledBox tiled = *TileBox(box, limits);
    const std::vector<RangeCheck*> unchecked(tiled.leaves.size(), nullptr);
    for (int64_t k = 0; k < CountParts(tiled.extents, tiled.band); ++k) {
      const Region region = PartAt(tiled.extents, tiled.band, k);
      const Runs runs(tiled.output_steps, region);
      std::string band(runs.count() * runs.length() * item, 'y');
      EXPECT_LE(static_cast<int64_t>(band.size()), std::max(limits.band, item));
      const absl::Status status = maker.Make(tiled, unchecked, region, band.data());
      EXPECT_TRUE(status.ok()) << status;
      size_t from = 0;
      (void)runs.ForEach([&](int64_t element) {
        const int64_t to = (tiled.output_origin + element) * item;
        bytes.replace(to, runs.length() * item, band, from, runs.length() * item);
        from += runs.length() * item;
        return absl::OkStatus();
      });
    }
  }
  return bytes;
}

TEST(BandMakerTest, RandomExpressionsWithinAnyLimits) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    constexpr DType kDTypes[] = {DType::kFloat16, DType::kBfloat16, DType::kFloat32, DType::kFloat64, DType::kInt8, DType::kComplex128};
    const TensorSpec spec = {kDTypes[random() % 6], RandomShape(random, 9)};
    const ExprPtr expr = RandomNormalizable(random, spec, static_cast<int>(random() % 8));
    const std::string expected = NaiveBytes(*expr);
    for (const TilingLimits& limits :
         {TilingLimits{1, 1}, TilingLimits{100, 60}, TilingLimits{700, 2000}, TilingLimits{1 << 20, 1 << 20}}) {
      ASSERT_TRUE(MakeInBands(*expr, limits) == expected)
          << "round " << round << ", bands of " << limits.band << ": " << ToString(*expr) << ": " << ToString(spec);
    }
  }
}

TEST(BandMakerTest, MatricesLargerThanBandsAndTiles) {
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    const TensorSpec spec = {DType::kFloat16, {100 + static_cast<int64_t>(random() % 300), 100 + static_cast<int64_t>(random() % 300)}};
    const ExprPtr expr = RandomNormalizable(random, spec, 3);
    const std::string expected = NaiveBytes(*expr);
    for (const TilingLimits& limits : {TilingLimits{20'000, 5000}, TilingLimits{1 << 20, 50'000}}) {
      ASSERT_TRUE(MakeInBands(*expr, limits) == expected) << "round " << round << ": " << ToString(*expr);
    }
  }
}

TEST(TileBoxTest, TheWorkedExampleOfTheReadme) {
  constexpr int64_t kSide = 4096;
  const ByteSourcePtr source = MakeMemorySource("a", std::string(2 * kSide * kSide, '\0'));
  const ExprPtr read = Read("a/w", *StoredTensor::CreateRowMajor({DType::kFloat16, {kSide, kSide}}, source, 0));
  std::vector<Box> boxes = *Normalize(**Cast(*Permute(read, {1, 0}), DType::kFloat32));
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_EQ(boxes[0].loops[0].strides[0], 1);
  EXPECT_EQ(boxes[0].loops[1].strides[0], kSide);
  const TiledBox box = *TileBox(boxes[0], {.band = int64_t{8} << 20, .tile = int64_t{1} << 20});
  EXPECT_EQ(box.extents, (std::vector<int64_t>{kSide, kSide}));
  EXPECT_EQ(box.output_steps, (std::vector<int64_t>{kSide, 1}));
  EXPECT_EQ(box.order, (std::vector<size_t>{1, 0}));
  EXPECT_EQ(box.band, (std::vector<int64_t>{1408, 1408}));
  EXPECT_EQ(CountParts(box.extents, box.band), 9);
  EXPECT_EQ(box.tile, (std::vector<int64_t>{1408, 64}));
  EXPECT_EQ(CountParts(box.band, box.tile), 22);
}

}  // namespace
}  // namespace weighbridge
