#include "verify/judge.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/parallel_for.h"
#include "base/progress_report.h"
#include "base/status.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "verify/compare/compare.h"
#include "verify/compare/concerns_merged.h"
#include "verify/compare/join_spans.h"
#include "verify/compare/match_tensors.h"
#include "verify/compare/tolerance.h"
#include "verify/digest_tasks.h"
#include "verify/explain/diagnose.h"
#include "verify/explain/finding.h"
#include "verify/manifest/make_manifest.h"
#include "verify/reference/scratch.h"

namespace weighbridge {
namespace {

// What a thread holds beside its scratch memory: the buffer of ReadRegion, or that of DigestFile.
constexpr int64_t kBesideScratch = int64_t{5} << 20;
constexpr int64_t kLeastPerThread = kBesideScratch + kLeastComparingScratch;
// More is of no use.
constexpr int64_t kMostScratch = int64_t{256} << 20;

// One judgement: prepared, then done by threads.
class Judging {
 public:
  Judging(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options)
      : plan_(plan), merged_(merged), options_(options), progress_(options.on_progress) {}

  // Everything that is to be done, but for explanations.
  absl::Status Prepare() {
    RETURN_IF_ERROR(AddTensors());
    if (!options_.match) tasks_ = DigestTasks(plan_, merged_, options_.stop, progress_, judgement_);
    for (size_t t = 0; t < judgement_.tensors.size(); ++t) {
      RETURN_IF_ERROR(AddSpans(t));
    }
    return absl::OkStatus();
  }

  int64_t TotalBytes() const {
    int64_t bytes = 0;
    for (const JudgeTask& task : tasks_) bytes += task.bytes;
    for (const SpanTask& task : span_tasks_) bytes += BytesOf(task);
    return bytes;
  }

  absl::StatusOr<Judgement> Run() {
    RETURN_IF_ERROR(TakeMemory());
    const auto others = static_cast<int64_t>(tasks_.size());
    const auto all = others + static_cast<int64_t>(span_tasks_.size());
    absl::Status status = ParallelFor(all, static_cast<int>(scratch_.size()), options_.stop, [&](int64_t index, int thread) {
      return index < others ? tasks_[index].run(*scratch_[thread]) : Compare(span_tasks_[index - others], *scratch_[thread]);
    });
    if (status.ok()) status = SayWhatWasRead(Diagnose(plan_, scratch_, options_.stop, judgement_.tensors));
    // A file that changed explains everything else.
    RETURN_IF_ERROR(CheckFilesUnchanged(plan_, merged_));
    RETURN_IF_ERROR(status);
    return std::move(judgement_);
  }

 private:
  // A part of a tensor to compare. There are as many as tensors, and more, so that each is small.
  struct SpanTask {
    uint32_t tensor;
    uint32_t span;  // Of the tensor's.
    ElementSpan elements;
  };

  // What a failure of comparing concerns.
  static absl::Status SayWhatWasRead(const absl::Status& status) {
    if (absl::IsCancelled(status) || absl::IsResourceExhausted(status)) return status;
    return Annotate(status, ConcernsMerged(status) ? "reading the merged checkpoint" : "reading a source");
  }

  absl::Status AddTensors() {
    judgement_.tolerance = options_.tolerance;
    for (const MatchedTensor& match : MatchTensors(plan_, merged_)) {
      if (options_.match && !options_.match(match.name())) continue;
      const bool has_own = options_.plan_tolerances && match.planned != nullptr && !match.planned->tolerance.empty();
      JudgedTensor& tensor = judgement_.tensors.emplace_back();
      tensor.match = match;
      tensor.tolerance = has_own ? match.planned->tolerance : options_.tolerance;
    }
    if (options_.match && judgement_.tensors.empty()) {
      return absl::InvalidArgumentError("there is nothing to judge: no tensor has a name that matches");
    }
    spans_.resize(judgement_.tensors.size());
    joiners_.resize(judgement_.tensors.size());
    return absl::OkStatus();
  }

  absl::Status AddSpans(size_t t) {
    JudgedTensor& tensor = judgement_.tensors[t];
    if (tensor.match.actual == nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(tolerances_[tensor.tolerance], ParseTolerance(tensor.tolerance),
                     Annotate(_, absl::StrCat("tensor \"", tensor.match.name(), "\"")));
    const std::vector<ElementSpan> spans = DivideForComparing(ComparisonOf(tensor));
    spans_[t] = static_cast<uint32_t>(spans.size());
    for (uint32_t s = 0; s < spans_[t]; ++s) span_tasks_.push_back({static_cast<uint32_t>(t), s, spans[s]});
    if (!spans.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(tensor.compared, SpanJoiner(tensor.match.actual->tensor, 0).Join());
    return absl::OkStatus();
  }

  Comparison ComparisonOf(const JudgedTensor& tensor) const {
    return {&tensor.match.actual->tensor, tensor.match.is_comparable() ? tensor.match.planned->expr.get() : nullptr,
            tolerances_.at(tensor.tolerance)};
  }

  int64_t BytesOf(const SpanTask& task) const {
    const StoredTensor& actual = judgement_.tensors[task.tensor].match.actual->tensor;
    return (task.elements.end - task.elements.begin) * ItemSize(actual.spec().dtype);
  }

  // Each thread's, until the end.
  absl::Status TakeMemory() {
    const int64_t threads = std::min(int64_t{options_.threads}, options_.memory / kLeastPerThread);
    if (threads < 1) {
      return absl::ResourceExhaustedError(absl::StrCat(options_.memory, " bytes of memory are too few; ", kLeastPerThread, " are needed"));
    }
    const int64_t size = std::min(options_.memory / threads - kBesideScratch, kMostScratch);
    for (int64_t i = 0; i < threads; ++i) scratch_.push_back(std::make_unique<Scratch>(size));
    return absl::OkStatus();
  }

  // Whoever brings a tensor's last span joins all.
  absl::Status Compare(const SpanTask& task, Scratch& scratch) {
    JudgedTensor& tensor = judgement_.tensors[task.tensor];
    ASSIGN_OR_RETURN(SpanResult result, CompareSpan(ComparisonOf(tensor), task.elements, scratch),
                     SayWhatWasRead(NameMergedTensor(_, tensor.match.name())));
    std::unique_ptr<const SpanJoiner> complete;
    {
      const std::lock_guard<std::mutex> lock(joiners_mutex_);
      std::unique_ptr<SpanJoiner>& joiner = joiners_[task.tensor];
      if (joiner == nullptr) joiner = std::make_unique<SpanJoiner>(tensor.match.actual->tensor, spans_[task.tensor]);
      if (joiner->Add(task.span, std::move(result))) complete = std::move(joiner);
    }
    if (complete != nullptr) {
      ASSIGN_OR_RETURN(tensor.compared, complete->Join());
    }
    progress_.Add(BytesOf(task));
    return absl::OkStatus();
  }

  const Plan& plan_;
  const Checkpoint& merged_;
  const JudgeOptions& options_;
  ProgressReport progress_;
  std::vector<JudgeTask> tasks_;
  std::vector<SpanTask> span_tasks_;
  std::map<std::string, Tolerance> tolerances_;  // By their texts.
  std::vector<uint32_t> spans_;                  // How many each tensor has.
  std::mutex joiners_mutex_;
  std::vector<std::unique_ptr<SpanJoiner>> joiners_;  // Of each tensor that is being compared.
  std::vector<std::unique_ptr<Scratch>> scratch_;     // One per thread.
  Judgement judgement_;
};

absl::StatusOr<Judgement> RunJudging(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options) {
  Judging judging(plan, merged, options);
  RETURN_IF_ERROR(judging.Prepare());
  return judging.Run();
}

}  // namespace

absl::StatusOr<Manifest> Judge(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options) {
  // What is not listed would be judged by nobody.
  RETURN_IF_ERROR(CheckAllListed(merged));
  ASSIGN_OR_RETURN(Judgement judgement, RunJudging(plan, merged, options));
  return MakeManifest(plan, merged, std::move(judgement));
}

int64_t MinimumJudgeMemory() {
  return kLeastPerThread;
}

int64_t JudgeBytes(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options) {
  Judging judging(plan, merged, options);
  return judging.Prepare().ok() ? judging.TotalBytes() : 0;
}

}  // namespace weighbridge
