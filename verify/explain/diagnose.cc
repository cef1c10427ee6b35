#include "verify/explain/diagnose.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "expr/expr.h"
#include "expr/operation.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "verify/compare/compare.h"
#include "verify/compare/concerns_merged.h"
#include "verify/explain/cast_through.h"
#include "verify/explain/explain_by_rows.h"
#include "verify/explain/finding.h"
#include "verify/reference/scratch.h"

namespace weighbridge {
namespace {

constexpr size_t kMostSearched = 64;

// Every element of `actual` may be as `expected` says.
struct Guess {
  StoredTensor actual;
  ExprPtr expected;
  std::string sentence;
};

class Diagnosis {
 public:
  Diagnosis(const Plan& plan, const std::deque<JudgedTensor>& tensors) {
    for (const PlannedTensor& output : plan.outputs) outputs_[ToString(output.expr->spec())].push_back(&output);
    for (const PlanSource& source : plan.sources) {
      for (const CheckpointTensor& tensor : source.checkpoint->tensors()) {
        stored_[ToString(tensor.tensor.spec())].push_back({absl::StrCat(source.id, "/", tensor.name), &tensor});
      }
    }
    for (const JudgedTensor& tensor : tensors) {
      if (tensor.match.actual == nullptr) missing_[ToString(tensor.match.planned->expr->spec())].push_back(tensor.match.planned);
    }
  }

  // Of a tensor that is wrong, in the order in which they are tried. `search` asks also for what is unlikely to be there.
  std::vector<Guess> GuessesFor(const JudgedTensor& tensor, bool search) const {
    const MatchedTensor& match = tensor.match;
    std::vector<Guess> guesses;
    if (match.planned == nullptr) {
      GuessMissing(match, guesses);
      if (search) GuessStored(match, guesses);
      return guesses;
    }
    GuessTransposed(match, guesses);
    if (match.is_comparable()) {
      GuessCast(match, guesses);
      if (search) GuessOutput(match, guesses);
      if (search) GuessStored(match, guesses);
    } else {
      GuessOtherDType(match, guesses);
      GuessPart(match, guesses);
    }
    return guesses;
  }

 private:
  using Guesses = std::vector<Guess>;

  static void Push(const MatchedTensor& match, const absl::StatusOr<ExprPtr>& expected, std::string sentence, Guesses& guesses) {
    if (!expected.ok() || *expected == nullptr || (*expected)->spec() != match.actual->tensor.spec()) return;
    guesses.push_back({match.actual->tensor, *expected, std::move(sentence)});
  }

  void GuessMissing(const MatchedTensor& match, Guesses& guesses) const {
    const auto same = missing_.find(ToString(match.actual->tensor.spec()));
    if (same == missing_.end()) return;
    for (const PlannedTensor* planned : same->second) {
      Push(match, planned->expr, absl::StrCat("it has every bit of the missing \"", planned->name, "\""), guesses);
    }
  }

  static void GuessTransposed(const MatchedTensor& match, Guesses& guesses) {
    if (match.planned->expr->spec().shape.size() != 2) return;
    Push(match, Permute(match.planned->expr, {1, 0}), "it is the transpose of what it should be", guesses);
  }

  static void GuessCast(const MatchedTensor& match, Guesses& guesses) {
    const DType dtype = match.planned->expr->spec().dtype;
    for (DType through : {DType::kBfloat16, DType::kFloat16, DType::kFloat32}) {
      if (through == dtype) continue;
      const std::string name(DTypeName(through));
      absl::StatusOr<ExprPtr> twice = Cast(match.planned->expr, through);
      if (twice.ok()) twice = Cast(*twice, dtype);
      Push(match, twice, absl::StrCat("it is what it should be, cast to ", name, " and back"), guesses);
      Push(match, CastThrough(match.planned->expr, through), absl::StrCat("its casts and sums went through ", name), guesses);
    }
  }

  static void GuessOtherDType(const MatchedTensor& match, Guesses& guesses) {
    const DType dtype = match.actual->tensor.spec().dtype;
    if (dtype == match.planned->expr->spec().dtype) return;
    Push(match, Cast(match.planned->expr, dtype), absl::StrCat("it is what it should be, cast to ", DTypeName(dtype)), guesses);
    // As if the casts had been left out.
    const Expr* uncast = match.planned->expr.get();
    ExprPtr inner = match.planned->expr;
    bool transposed = false;
    while (true) {
      const auto* permute = inner->As<op::Permute>();
      if (inner->As<op::Cast>() == nullptr && (permute == nullptr || permute->axes.size() != 2)) break;
      transposed ^= permute != nullptr && permute->axes[0] == 1;
      inner = inner->operands()[0];
    }
    if (inner.get() == uncast) return;
    Push(match, transposed ? Permute(inner, {1, 0}) : absl::StatusOr<ExprPtr>(inner), "it is what it should be but for the cast", guesses);
  }

  void GuessOutput(const MatchedTensor& match, Guesses& guesses) const {
    const auto same = outputs_.find(ToString(match.actual->tensor.spec()));
    if (same == outputs_.end()) return;
    for (const PlannedTensor* planned : same->second) {
      if (planned == match.planned) continue;
      Push(match, planned->expr, absl::StrCat("it is what \"", planned->name, "\" should be"), guesses);
    }
  }

  void GuessStored(const MatchedTensor& match, Guesses& guesses) const {
    const auto same = stored_.find(ToString(match.actual->tensor.spec()));
    if (same == stored_.end()) return;
    for (const auto& [label, tensor] : same->second) {
      Push(match, Read(label, tensor->tensor), absl::StrCat("it is the source tensor ", label, ", bit for bit"), guesses);
    }
  }

  // Shapes that differ along one axis: one may be the beginning of the other.
  static void GuessPart(const MatchedTensor& match, Guesses& guesses) {
    const StoredTensor& actual = match.actual->tensor;
    const TensorSpec& planned = match.planned->expr->spec();
    if (actual.spec().dtype != planned.dtype || actual.spec().shape.size() != planned.shape.size()) return;
    TensorSpec common = planned;
    std::vector<size_t> other;
    for (size_t k = 0; k < planned.shape.size(); ++k) {
      common.shape[k] = std::min(planned.shape[k], actual.spec().shape[k]);
      if (planned.shape[k] != actual.spec().shape[k]) other.push_back(k);
    }
    if (other.size() != 1 || common.shape[other[0]] == 0) return;
    absl::StatusOr<StoredTensor> part =
        StoredTensor::Create(common, actual.source(), actual.offset(), {actual.strides().begin(), actual.strides().end()});
    absl::StatusOr<ExprPtr> expected = Slice(match.planned->expr, WholeRegion(common.shape));
    if (!part.ok() || !expected.ok()) return;
    guesses.push_back(
        {*part, *expected, absl::StrCat("the first ", common.shape[other[0]], " along axis ", other[0], " are what they should be")});
  }

  std::map<std::string, std::vector<const PlannedTensor*>> outputs_;  // By spec.
  std::map<std::string, std::vector<std::pair<std::string, const CheckpointTensor*>>> stored_;
  std::map<std::string, std::vector<const PlannedTensor*>> missing_;
};

absl::Status TryGuesses(const std::vector<Guess>& guesses, Scratch& scratch, JudgedTensor& tensor) {
  for (const Guess& guess : guesses) {
    ASSIGN_OR_RETURN(bool equal, IsEqual({&guess.actual, guess.expected.get()}, scratch), NameMergedTensor(_, tensor.match.name()));
    if (!equal) continue;
    tensor.explanation = guess.sentence;
    break;
  }
  return absl::OkStatus();
}

bool IsWrong(const JudgedTensor& tensor) {
  const MatchedTensor& match = tensor.match;
  return match.actual != nullptr && (!match.is_comparable() || tensor.compared.difference != nullptr);
}

}  // namespace

absl::Status Diagnose(const Plan& plan, absl::Span<const std::unique_ptr<Scratch>> scratch, const std::atomic<bool>* stop,
                      std::deque<JudgedTensor>& tensors) {
  std::vector<JudgedTensor*> wrong;
  for (JudgedTensor& tensor : tensors) {
    if (IsWrong(tensor)) wrong.push_back(&tensor);
  }
  if (wrong.empty()) return absl::OkStatus();
  const Diagnosis diagnosis(plan, tensors);
  absl::Status status =
      ParallelFor(static_cast<int64_t>(wrong.size()), static_cast<int>(scratch.size()), stop, [&](int64_t index, int thread) {
        const bool search = static_cast<size_t>(index) < kMostSearched;
        return TryGuesses(diagnosis.GuessesFor(*wrong[index], search), *scratch[thread], *wrong[index]);
      });
  // One after the other: the digests of rows take memory.
  for (size_t i = 0; status.ok() && i < std::min(wrong.size(), kMostSearched); ++i) {
    if (stop != nullptr && *stop) return absl::CancelledError("stopped");
    JudgedTensor& tensor = *wrong[i];
    if (!tensor.explanation.empty() || !tensor.match.is_comparable()) continue;
    ASSIGN_OR_RETURN(std::string rows, ExplainByRows({&tensor.match.actual->tensor, tensor.match.planned->expr.get()}, *scratch[0]),
                     NameMergedTensor(_, tensor.match.name()));
    tensor.explanation = rows;
  }
  return status;
}

}  // namespace weighbridge
