#include "execute/transpose.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "hwy/targets.h"

namespace weighbridge {
namespace {

std::string RandomBytes(std::mt19937& random, int64_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::vector<int64_t> Targets() {
  std::vector<int64_t> targets = hwy::SupportedAndGeneratedTargets();
  if (std::find(targets.begin(), targets.end(), HWY_SCALAR) == targets.end()) targets.push_back(HWY_SCALAR);
  return targets;
}

class TransposeTest : public testing::TestWithParam<int64_t> {
 protected:
  TransposeTest() { hwy::GetChosenTarget().Update(GetParam()); }
  ~TransposeTest() override { hwy::GetChosenTarget().DeInit(); }
};

INSTANTIATE_TEST_SUITE_P(Target, TransposeTest, testing::ValuesIn(Targets()),
                         [](const testing::TestParamInfo<int64_t>& info) { return std::string(hwy::TargetName(info.param)); });

TEST_P(TransposeTest, EveryElementOfEverySize) {
  std::mt19937 random(1);
  for (int64_t item : {1, 2, 4, 8, 16}) {
    for (int64_t rows : {1, 2, 7, 8, 16, 33, 130, 300}) {
      for (int64_t columns : {1, 3, 8, 16, 17, 64, 100}) {
        const int64_t source_pitch = (columns + 3) * item;
        const int64_t target_pitch = (rows + 1) * item;
        const std::string source = RandomBytes(random, rows * source_pitch);
        std::string target(columns * target_pitch, 'x');
        std::string expected = target;
        for (int64_t r = 0; r < rows; ++r) {
          for (int64_t c = 0; c < columns; ++c)
            expected.replace(c * target_pitch + r * item, item, source, r * source_pitch + c * item, item);
        }
        TransposeElements(item, rows, columns, source.data(), source_pitch, target.data(), target_pitch);
        EXPECT_EQ(target, expected) << rows << " × " << columns << " elements of " << item;
      }
    }
  }
}

TEST_P(TransposeTest, PermutesAxesOfAnyNumber) {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    const int64_t item = int64_t{1} << (random() % 5);
    std::vector<PermutedAxis> axes(random() % 5);
    int64_t source_step = item;
    for (PermutedAxis& axis : axes) {
      axis = {1 + static_cast<int64_t>(random() % 12), source_step, 0};
      source_step *= axis.count;
    }
    std::shuffle(axes.begin(), axes.end(), random);
    int64_t target_step = item;
    for (PermutedAxis& axis : axes) {
      axis.target_step = target_step;
      target_step *= axis.count;
    }
    std::shuffle(axes.begin(), axes.end(), random);
    const std::string source = RandomBytes(random, source_step);
    std::string target(target_step, 'x');
    PermuteElements(item, axes, source.data(), target.data());
    for (int64_t element = 0; element < source_step / item; ++element) {
      int64_t rest = element;
      int64_t from = 0;
      int64_t to = 0;
      for (const PermutedAxis& axis : axes) {
        from += rest % axis.count * axis.source_step;
        to += rest % axis.count * axis.target_step;
        rest /= axis.count;
      }
      ASSERT_EQ(target.substr(to, item), source.substr(from, item)) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace weighbridge
