// What merge writes is what verify expects: the executor's bytes beside the reference evaluation's, neither of which knows the other, for
// random expressions of all operations and dtypes. Each test is a seed: a failure of `Expressions/17` is run again with
// --test_filter='*Expressions/17'.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "execute/execute.h"
#include "expr/expr.h"
#include "expr/expr_testing.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/output_file.h"
#include "formats/layout.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "verify/reference/evaluate.h"
#include "verify/reference/row_major_box.h"
#include "verify/reference/scratch.h"

namespace weighbridge {
namespace {

class ExecuteEvaluateTest : public testing::TestWithParam<int> {
 protected:
  int64_t Uniform(int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random_); }

  DType AnyDType() { return AllDTypes()[Uniform(0, static_cast<int64_t>(AllDTypes().size()) - 1)]; }

  // The tensor's bytes by the executor, on some threads in some memory.
  absl::StatusOr<std::string> Executed(const ExprPtr& expr) {
    const std::string path = absl::StrCat(testing::TempDir(), "/execute_evaluate_test_", getpid());
    Plan plan;
    plan.outputs.push_back({.name = "random", .expr = expr});
    ASSIGN_OR_RETURN(const int64_t size, ByteSize(expr->spec()));
    const Layout layout = {.size = size, .literals = {}, .slots = {{.offset = 0, .size = size}}, .checksums = {}};
    ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> file, OutputFile::Create(path, size, /*overwrite=*/true));
    ExecuteOptions options;
    options.threads = static_cast<int>(Uniform(1, 4));
    options.memory = MinimumMemory(options.threads) + Uniform(0, int64_t{8} << 20);
    RETURN_IF_ERROR(Execute(plan, {{.layout = &layout, .first_output = 0, .file = file.get()}}, options));
    ASSIGN_OR_RETURN(const ByteSourcePtr written, file->OpenForReading());
    return ReadAll(*written, size);
  }

  // The same by the reference evaluation, in pieces of some size.
  absl::StatusOr<std::string> Evaluated(const Expr& expr) {
    ASSIGN_OR_RETURN(const int64_t size, ByteSize(expr.spec()));
    const int64_t item = ItemSize(expr.spec().dtype);
    const int64_t limit = Uniform(1, std::max<int64_t>(size / item, 1));
    Scratch scratch(EvaluationBytes(expr, limit));
    std::string bytes(size, '\0');
    for (int64_t done = 0; done < size / item;) {
      const Region region = RowMajorBox(expr.spec().shape, done, limit);
      const int64_t count = ElementCountOf(region);
      RETURN_IF_ERROR(Evaluate(expr, region, absl::MakeSpan(&bytes[done * item], count * item), scratch));
      done += count;
    }
    return bytes;
  }

  // True where the executor took the expression. Only a reshape may be more than it can do.
  bool ExpectTheSame(const ExprPtr& expr) {
    const absl::StatusOr<std::string> executed = Executed(expr);
    const std::string text = absl::StrCat(ToString(expr->spec()), ": ", ToString(*expr));
    const absl::StatusOr<std::string> evaluated = Evaluated(*expr);
    if (executed.status().code() == absl::StatusCode::kUnimplemented && absl::StrContains(text, "reshape(")) {
      constexpr size_t kSmall = 10'000;  // Elements by their definition take long.
      EXPECT_TRUE(evaluated.ok() && (evaluated->size() > kSmall || *evaluated == NaiveBytes(*expr))) << evaluated.status() << text;
      return false;
    }
    EXPECT_TRUE(executed.ok() && evaluated.ok()) << executed.status() << ", " << evaluated.status() << ": " << text;
    EXPECT_TRUE(executed.ok() && evaluated.ok() && *executed == *evaluated) << text;
    return true;
  }

  std::mt19937 random_{static_cast<uint32_t>(GetParam())};
};

TEST_P(ExecuteEvaluateTest, Expressions) {
  int taken = 0;
  for (int k = 0; k < 50 && !HasFailure(); ++k) {
    const TensorSpec spec = {AnyDType(), RandomShape(random_, 7)};
    taken += ExpectTheSame(RandomExpr(random_, spec, static_cast<int>(Uniform(0, 8)))) ? 1 : 0;
  }
  EXPECT_TRUE(HasFailure() || taken > 25) << taken << " of 50";
}

using LargeTensorsTest = ExecuteEvaluateTest;

// They take several bands, and bands several tiles.
TEST_P(LargeTensorsTest, Expressions) {
  constexpr DType kDTypes[] = {DType::kFloat16, DType::kBfloat16, DType::kFloat32};
  const TensorSpec spec = {Uniform(0, 2) == 0 ? AnyDType() : kDTypes[Uniform(0, 2)], {Uniform(300, 900), Uniform(1, 3), Uniform(300, 500)}};
  for (int k = 0; k < 20; ++k) {
    if (ExpectTheSame(RandomExpr(random_, spec, static_cast<int>(Uniform(1, 5)))) || HasFailure()) return;
  }
  FAIL() << "all were refused";
}

INSTANTIATE_TEST_SUITE_P(Seeds, ExecuteEvaluateTest, testing::Range(1, 101));
INSTANTIATE_TEST_SUITE_P(Seeds, LargeTensorsTest, testing::Range(1, 21));

}  // namespace
}  // namespace weighbridge
