#include "verify/explain/diagnose.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "expr/expr.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "verify/judge_testing.h"

namespace weighbridge {
namespace {

class DiagnoseTest : public JudgeTest {
 protected:
  // The good file with other bytes of one tensor has one finding, which ends like that.
  void ExpectExplained(const std::string& name, const std::string& bytes, const std::string& explanation) {
    std::vector<Stored> file = good_;
    file[Number(name)].bytes = bytes;
    const std::vector<std::string> findings = FindingsOf(file);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_TRUE(absl::EndsWith(findings[0], explanation)) << findings[0];
  }

  void ExpectUnexplained(const std::string& name, const std::string& bytes) { ExpectExplained(name, bytes, " differ"); }

  const std::string& Good(const std::string& name) const { return good_[Number(name)].bytes; }
};

TEST_F(DiagnoseTest, CastThroughAnotherDType) {
  const ExprPtr cast = *Cast(ReadSource("same_shape"), DType::kFloat16);
  ExpectExplained("same.weight", ValueOf(**Cast(*Cast(ReadSource("same_shape"), DType::kBfloat16), DType::kFloat16)),
                  "; its casts and sums went through bfloat16");
  ExpectExplained("same.weight", ValueOf(**Cast(*Cast(cast, DType::kBfloat16), DType::kFloat16)),
                  "; it is what it should be, cast to bfloat16 and back");
  ExpectExplained("norm", ValueOf(**Cast(*Cast(ReadSource("norm"), DType::kFloat16), DType::kFloat32)),
                  "; it is what it should be, cast to float16 and back");
}

TEST_F(DiagnoseTest, SumsThroughAnotherDType) {
  const ExprPtr left = *Cast(*Cast(*Cast(ReadSource("square"), DType::kBfloat16), DType::kFloat16), DType::kFloat32);
  const ExprPtr right = *Cast(*Cast(*Cast(ReadSource("same_shape"), DType::kBfloat16), DType::kFloat16), DType::kFloat32);
  ExpectExplained("sum", ValueOf(**Cast(*Cast(*Add(left, right), DType::kBfloat16), DType::kFloat16)),
                  "; its casts and sums went through bfloat16");
}

TEST_F(DiagnoseTest, AnotherOutputOrSourceTensor) {
  ExpectExplained("square.weight", Good("same.weight"), "; it is what \"same.weight\" should be");
  // float16 [700, 40] has no other; float32 [5] is the only one of its kind. A source tensor as it is:
  AddOutput("halved", *Cast(*Cast(ReadSource("square"), DType::kFloat16), DType::kFloat32));
  ExpectExplained("halved", ValueOf(*ReadSource("same_shape")), "; it is the source tensor model/same_shape, bit for bit");
}

TEST_F(DiagnoseTest, RowsThatAreElsewhere) {
  const size_t row = size_t{80};
  const std::string good = Good("wide.weight");
  ExpectExplained("wide.weight", good.substr(row) + good.substr(0, row),
                  "; its rows are shifted: row i is what row i + 1 should be, in a circle");
  ExpectExplained("wide.weight", std::string(3 * row, '\0') + good.substr(0, good.size() - 3 * row),
                  "; its rows are shifted: row i is what row i - 3 should be");
  std::string swapped = good;
  std::swap_ranges(swapped.begin(), swapped.begin() + row, swapped.begin() + 10 * row);
  ExpectExplained("wide.weight", swapped, "; it has the rows that it should have, 2 of them at other places");
  swapped[5] ^= 1;
  ExpectUnexplained("wide.weight", swapped);
}

TEST_F(DiagnoseTest, NothingWhereNothingIsCertain) {
  for (const Stored& stored : good_) {
    if (stored.spec.dtype != DType::kFloat16) continue;
    std::string bytes = stored.bytes;
    for (size_t i = 0; i < bytes.size(); i += 2) bytes[i] ^= 1;
    ExpectUnexplained(stored.name, bytes);
  }
}

TEST_F(DiagnoseTest, OfAnotherDTypeAndOfAPart) {
  std::vector<Stored> file = good_;
  Stored& cast = file[Number("same.weight")];
  cast.spec.dtype = DType::kBfloat16;
  cast.bytes = ValueOf(**Cast(*Cast(ReadSource("same_shape"), DType::kFloat16), DType::kBfloat16));
  Stored& uncast = file[Number("square.weight")];
  uncast.spec.dtype = DType::kFloat32;
  uncast.bytes = ValueOf(**Permute(ReadSource("square"), {1, 0}));
  Stored& shorter = file[Number("wide.weight")];
  shorter.spec.shape = {699, 40};
  shorter.bytes.resize(size_t{699} * 80);
  Stored& longer = file[Number("norm")];
  longer.spec.shape = {6};
  longer.bytes += "more";
  const std::vector<std::string> findings = FindingsOf(file);
  EXPECT_EQ(findings,
            (std::vector<std::string>{
                "tensor \"norm\": is float32 [6] and should be float32 [5]; the first 5 along axis 0 are what they should be",
                "tensor \"square.weight\": is float32 [33, 33] and should be float16 [33, 33]; it is what it should be but for the cast",
                "tensor \"same.weight\": is bfloat16 [33, 33] and should be float16 [33, 33]; it is what it should be, cast to bfloat16",
                "tensor \"wide.weight\": is float16 [699, 40] and should be float16 [700, 40]; the first 699 along axis 0 are what "
                "they should be"}));
}

TEST_F(DiagnoseTest, AnUnexpectedTensorIsASourceTensor) {
  std::vector<Stored> file = good_;
  file.push_back({"left.in", {DType::kFloat16, {2}}, "abcd", ""});
  EXPECT_EQ(FindingsOf(file),
            std::vector<std::string>{"tensor \"left.in\": is not among the tensors that the recipe makes; it is the source "
                                     "tensor model/unused, bit for bit"});
}

}  // namespace
}  // namespace weighbridge
