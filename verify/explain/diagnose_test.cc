#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "expr/expr.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/judge.h"
#include "verify/judge_testing.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

// What a mutation of the good file is called, and the end of what is found about the tensor.
class ExplanationTest : public JudgeTest {
 protected:
  // The number of the output.
  size_t Number(const std::string& name) const {
    return static_cast<size_t>(std::find_if(good_.begin(), good_.end(), [&](const Stored& stored) { return stored.name == name; }) -
                               good_.begin());
  }

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

TEST_F(ExplanationTest, CastThroughAnotherDType) {
  const ExprPtr cast = *Cast(ReadSource("same_shape"), DType::kFloat16);
  ExpectExplained("same.weight", ValueOf(**Cast(*Cast(ReadSource("same_shape"), DType::kBfloat16), DType::kFloat16)),
                  "; its casts and sums went through bfloat16");
  ExpectExplained("same.weight", ValueOf(**Cast(*Cast(cast, DType::kBfloat16), DType::kFloat16)),
                  "; it is what it should be, cast to bfloat16 and back");
  ExpectExplained("norm", ValueOf(**Cast(*Cast(ReadSource("norm"), DType::kFloat16), DType::kFloat32)),
                  "; it is what it should be, cast to float16 and back");
}

TEST_F(ExplanationTest, SumsThroughAnotherDType) {
  const ExprPtr left = *Cast(*Cast(*Cast(ReadSource("square"), DType::kBfloat16), DType::kFloat16), DType::kFloat32);
  const ExprPtr right = *Cast(*Cast(*Cast(ReadSource("same_shape"), DType::kBfloat16), DType::kFloat16), DType::kFloat32);
  ExpectExplained("sum", ValueOf(**Cast(*Cast(*Add(left, right), DType::kBfloat16), DType::kFloat16)),
                  "; its casts and sums went through bfloat16");
}

TEST_F(ExplanationTest, AnotherOutputOrSourceTensor) {
  ExpectExplained("square.weight", Good("same.weight"), "; it is what \"same.weight\" should be");
  // float16 [700, 40] has no other; float32 [5] is the only one of its kind. A source tensor as it is:
  AddOutput("halved", *Cast(*Cast(ReadSource("square"), DType::kFloat16), DType::kFloat32));
  ExpectExplained("halved", ValueOf(*ReadSource("same_shape")), "; it is the source tensor model/same_shape, bit for bit");
}

TEST_F(ExplanationTest, RowsThatAreElsewhere) {
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

TEST_F(ExplanationTest, NothingWhereNothingIsCertain) {
  for (const Stored& stored : good_) {
    if (stored.spec.dtype != DType::kFloat16) continue;
    std::string bytes = stored.bytes;
    for (size_t i = 0; i < bytes.size(); i += 2) bytes[i] ^= 1;
    ExpectUnexplained(stored.name, bytes);
  }
}

TEST_F(ExplanationTest, OfAnotherDTypeAndOfAPart) {
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

TEST_F(ExplanationTest, AnUnexpectedTensorIsASourceTensor) {
  std::vector<Stored> file = good_;
  file.push_back({"left.in", {DType::kFloat16, {2}}, "abcd", ""});
  EXPECT_EQ(FindingsOf(file),
            std::vector<std::string>{"tensor \"left.in\": is not among the tensors that the recipe makes; it is the source "
                                     "tensor model/unused, bit for bit"});
}

TEST_F(ExplanationTest, ToleranceDecidesWhereBitsDiffer) {
  std::vector<Stored> file = good_;
  std::string& bytes = file[Number("wide.weight")].bytes;
  bytes[0] ^= 1;
  const auto judge = [&](const std::string& tolerance) { return JudgeFile(file, {.tolerance = tolerance}); };
  const int wide = static_cast<int>(Number("wide.weight"));
  EXPECT_EQ(judge("exact").verdict(), Manifest::VERDICT_DIFFERS);
  EXPECT_EQ(judge("exact").output().tensors(wide).errors().beyond_tolerance(), 1);
  const Manifest within = judge("ulp:1");
  EXPECT_EQ(within.verdict(), Manifest::VERDICT_WITHIN_TOLERANCE);
  EXPECT_TRUE(IsAccepted(within));
  EXPECT_EQ(within.tolerance(), "ulp:1");
  EXPECT_EQ(within.output().tensors(wide).verdict(), OutputTensor::VERDICT_WITHIN_TOLERANCE);
  EXPECT_TRUE(
      absl::StrContains(within.output().tensors(wide).finding(), "; 1 of 28000 elements differs, within the tolerance ulp:1; the greatest"))
      << within.output().tensors(wide).finding();
  EXPECT_TRUE(absl::StrContains(Summary(within), "within tolerance: 8 of 9 tensors")) << Summary(within);
  EXPECT_EQ(judge("torch").verdict(), Manifest::VERDICT_WITHIN_TOLERANCE);
  bytes[0] ^= 3;
  EXPECT_EQ(judge("ulp:1").verdict(), Manifest::VERDICT_DIFFERS);
  file[Number("ids")].bytes[0] ^= 1;
  EXPECT_EQ(judge("abs:100").output().tensors(static_cast<int>(Number("ids"))).verdict(), OutputTensor::VERDICT_DIFFERS);
  EXPECT_FALSE(Judge(plan_, MakeCheckpoint("m", file), {.tolerance = "loose"}).ok());
}

TEST_F(ExplanationTest, ARulesOwnToleranceCounts) {
  std::vector<Stored> file = good_;
  file[Number("sum")].bytes[0] ^= 1;
  file[Number("wide.weight")].bytes[0] ^= 1;
  plan_.outputs[Number("sum")].tolerance = "ulp:1";
  const Manifest manifest = JudgeFile(file);
  EXPECT_EQ(manifest.output().tensors(static_cast<int>(Number("sum"))).verdict(), OutputTensor::VERDICT_WITHIN_TOLERANCE);
  EXPECT_EQ(manifest.output().tensors(static_cast<int>(Number("sum"))).tolerance(), "ulp:1");
  EXPECT_EQ(manifest.output().tensors(static_cast<int>(Number("wide.weight"))).verdict(), OutputTensor::VERDICT_DIFFERS);
  EXPECT_EQ(manifest.tolerance(), "exact");
}

TEST_F(ExplanationTest, MatchJudgesSomeTensorsOnly) {
  std::vector<Stored> file = good_;
  file[Number("sum")].bytes[0] ^= 1;
  std::swap(file[1], file[2]);
  JudgeOptions options;
  options.match = [](absl::string_view name) { return absl::StartsWith(name, "s"); };
  const Manifest manifest = JudgeFile(file, options);
  std::vector<std::string> names;
  for (const OutputTensor& tensor : manifest.output().tensors()) names.push_back(tensor.name());
  EXPECT_EQ(names, (std::vector<std::string>{"same.weight", "square.weight", "sum", "scale"}));
  EXPECT_EQ(manifest.output().files_size(), 0);
  EXPECT_EQ(Summary(manifest), "differs: 2 of 4 tensors are bit for bit what the recipe example makes of model");
  int64_t reported = 0;
  options.on_progress = [&](int64_t bytes) { reported += bytes; };
  JudgeFile(file, options);
  EXPECT_EQ(reported, JudgeBytes(plan_, MakeCheckpoint("merged", file), options));
}

}  // namespace
}  // namespace weighbridge
