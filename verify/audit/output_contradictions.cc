#include "verify/audit/output_contradictions.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "verify/audit/contradiction_list.h"
#include "verify/compare/difference.h"
#include "verify/compare/tolerance.h"
#include "verify/digest/container_ranges.h"
#include "verify/digest/digest.h"
#include "verify/manifest/manifest.h"
#include "verify/reference/number.h"

namespace weighbridge {
namespace {

// What a verdict on a tensor says about the rest of its row.
struct Implied {
  bool is_in_file = true;
  bool is_planned = true;
  bool is_compared = true;  // Element by element.
  bool may_err = false;     // Has error statistics, some of them.
  bool must_err = false;
};

std::optional<Implied> ImpliedBy(OutputTensor::Verdict verdict) {
  switch (verdict) {
    case OutputTensor::VERDICT_EXACT:
      return Implied{};
    case OutputTensor::VERDICT_WITHIN_TOLERANCE:
    case OutputTensor::VERDICT_DIFFERS:
      return Implied{.may_err = true, .must_err = true};
    case OutputTensor::VERDICT_OUT_OF_ORDER:
      return Implied{.may_err = true};
    case OutputTensor::VERDICT_MISSING:
      return Implied{.is_in_file = false, .is_compared = false};
    case OutputTensor::VERDICT_UNEXPECTED:
      return Implied{.is_planned = false, .is_compared = false};
    case OutputTensor::VERDICT_WRONG_DTYPE:
    case OutputTensor::VERDICT_WRONG_SHAPE:
      return Implied{.is_compared = false};
    default:
      return std::nullopt;
  }
}

// Checks one row of Output.tensors.
class TensorCheck {
 public:
  TensorCheck(const Manifest& manifest, const OutputTensor& tensor, ContradictionList& found)
      : manifest_(manifest), tensor_(tensor), found_(found), place_(absl::StrCat("tensor \"", tensor.name(), "\": ")) {}

  void Run() {
    const std::optional<TensorSpec> spec = SpecOf(tensor_);
    if (!spec.has_value()) return Say("no tensor is ", tensor_.dtype(), " ", ShapeToString(tensor_.shape()));
    const std::optional<Implied> implied = ImpliedBy(tensor_.verdict());
    if (!implied.has_value()) return Say("it has no verdict that a tensor can have");
    elements_ = ElementCount(spec->shape).value_or(0);
    numbers_ = elements_ * NumbersPerElement(spec->dtype);
    CheckPresence(*implied);
    CheckTolerance();
    if (tensor_.has_values()) CheckValues(tensor_.values());
    if (tensor_.has_errors()) CheckErrors(tensor_.errors());
    if (tensor_.has_losses()) {
      const CastLosses& losses = tensor_.losses();
      found_.Expect(losses.changed() > 0 && AreAtMost({losses.saturated(), losses.flushed_to_zero()}, losses.changed()), place_,
                    "its casts changed ", losses.changed(), " elements, saturated ", losses.saturated(), " of them and flushed ",
                    losses.flushed_to_zero());
    }
  }

 private:
  template <typename... Parts>
  void Say(const Parts&... parts) {
    found_.Add(place_, parts...);
  }

  void CheckPresence(const Implied& implied) {
    const std::string verdict = VerdictName(tensor_.verdict());
    const auto expect = [&](bool is_there, bool should_be, absl::string_view what) {
      if (is_there != should_be) Say("its verdict is ", verdict, ", and it has ", should_be ? "no " : "", what);
    };
    expect(!tensor_.finding().empty(), tensor_.verdict() != OutputTensor::VERDICT_EXACT, "finding");
    expect(!tensor_.expression().empty(), implied.is_planned, "expression");
    expect(tensor_.has_values(), implied.is_in_file, "values");
    if (implied.must_err || !implied.may_err) expect(tensor_.has_errors(), implied.must_err, "error statistics");
    if (!implied.is_compared) expect(tensor_.has_losses(), false, "losses");
    if (!implied.is_in_file) expect(tensor_.has_offset(), false, "place in a file");
    const size_t xxh3 = implied.is_in_file ? DigestSize(DigestKind::kXxh3) : 0;
    const size_t sha256 = implied.is_in_file ? DigestSize(DigestKind::kSha256) : 0;
    found_.Expect(tensor_.content_xxh3().size() == xxh3, place_, "its XXH3 has ", tensor_.content_xxh3().size(), " bytes and should have ",
                  xxh3);
    found_.Expect(tensor_.content_sha256().size() == sha256, place_, "its SHA-256 has ", tensor_.content_sha256().size(),
                  " bytes and should have ", sha256);
  }

  void CheckTolerance() {
    if (!tensor_.tolerance().empty() && !ParseTolerance(tensor_.tolerance()).ok()) Say("\"", tensor_.tolerance(), "\" is no tolerance");
    const auto is_exact = [](const std::string& text) { return text.empty() || text == "exact"; };
    if (tensor_.verdict() == OutputTensor::VERDICT_WITHIN_TOLERANCE && is_exact(tensor_.tolerance()) && is_exact(manifest_.tolerance())) {
      Say("its verdict is within tolerance, and its tolerance is exact");
    }
  }

  void CheckValues(const ValueStatistics& values) {
    const bool are_counts = AreAtMost({values.nan(), values.positive_infinity(), values.negative_infinity()}, numbers_);
    const int64_t finite = are_counts ? numbers_ - values.nan() - values.positive_infinity() - values.negative_infinity() : 0;
    if (!are_counts || !AreAtMost({values.zero(), values.subnormal()}, finite)) return Say("more of its values are special than it has");
    for (const bool is_there : {values.has_min(), values.has_max(), values.has_mean(), values.has_l2()}) {
      if (is_there != (finite > 0)) return Say("its least, greatest and mean value are there, and ", finite, " values are finite");
    }
    if (finite == 0) return;
    const bool is_range = std::isfinite(values.min()) && std::isfinite(values.max()) && values.min() <= values.max() && values.l2() >= 0;
    if (!is_range || (values.zero() > 0 && (values.min() > 0 || values.max() < 0)))
      Say("no values lie from ", values.min(), " to ", values.max());
  }

  void CheckErrors(const ErrorStatistics& errors) {
    if (errors.elements() != elements_) Say(errors.elements(), " of its elements were compared, and it has ", elements_);
    if (errors.differing() < 1 || errors.differing() > elements_ || !AreAtMost({errors.beyond_tolerance()}, errors.differing())) {
      Say(errors.differing(), " of its elements differ, ", errors.beyond_tolerance(), " beyond the tolerance");
    } else if ((errors.beyond_tolerance() > 0) != (tensor_.verdict() == OutputTensor::VERDICT_DIFFERS)) {
      // An element of the wrong order may be right or within the tolerance.
      Say("its verdict is ", VerdictName(tensor_.verdict()), ", and ", errors.beyond_tolerance(), " elements are beyond the tolerance");
    }
    int64_t left = numbers_;
    for (const int64_t count : errors.ulp_histogram()) left = count < 0 || count > left ? -1 : left - count;
    if (errors.ulp_histogram_size() != static_cast<int>(kUlpBins) || left < 0)
      Say("its histogram has other counts than ", kUlpBins, " of ", numbers_, " numbers");
    const SpecialCounts& expected = errors.expected();
    if (!AreAtMost({errors.nan_payloads()}, numbers_) ||
        !AreAtMost({expected.nan(), expected.positive_infinity(), expected.negative_infinity(), expected.zero(), expected.subnormal()},
                   numbers_)) {
      Say("more of its expected values are special than it has");
    }
    for (const ElementPair* pair : {&errors.first(), &errors.worst()}) {
      bool is_inside = pair->index_size() == tensor_.shape_size();
      for (int k = 0; is_inside && k < pair->index_size(); ++k) is_inside = pair->index(k) >= 0 && pair->index(k) < tensor_.shape(k);
      if (!is_inside) Say("it has no element ", ShapeToString(pair->index()));
    }
  }

  const Manifest& manifest_;
  const OutputTensor& tensor_;
  ContradictionList& found_;
  std::string place_;
  int64_t elements_ = 0;
  int64_t numbers_ = 0;
};

// Where tensors lie in the files of the output, file by file.
std::vector<std::vector<FileRange>> PlacesInFiles(const Output& output, ContradictionList& found) {
  std::vector<std::vector<FileRange>> places(static_cast<size_t>(output.files_size()));
  for (const OutputTensor& tensor : output.tensors()) {
    const std::string place = absl::StrCat("tensor \"", tensor.name(), "\": ");
    if (tensor.has_file() != tensor.has_offset()) found.Add(place, "its place is a file without an offset, or an offset without a file");
    if (!tensor.has_file() || !tensor.has_offset()) continue;
    if (tensor.file() < 0 || tensor.file() >= output.files_size()) {
      found.Add(place, "it lies in file ", tensor.file(), ", and there are ", output.files_size());
      continue;
    }
    const File& file = output.files(tensor.file());
    found.Expect(file.role() == File::ROLE_WEIGHTS, place, "it lies in ", file.name(), ", which is said to hold no weights");
    if (!SpecOf(tensor).has_value()) continue;
    const FileRange range{.offset = tensor.offset(), .size = ByteSizeOf(tensor)};
    if (range.offset < 0 || range.size > file.size() || range.offset > file.size() - range.size) {
      found.Add(place, "it lies outside ", file.name());
      continue;
    }
    places[static_cast<size_t>(tensor.file())].push_back(range);
  }
  return places;
}

// Whether the ranges of the container are what the tensors leave: one walk through both.
void CheckCoverage(const File& file, std::vector<FileRange> taken, ContradictionList& found) {
  int next = 0;
  bool agrees = true;
  ForEachRangeBetween(std::move(taken), file.size(), [&](const FileRange& range) {
    const bool is_listed = next < file.container_size();
    const bool starts_here = is_listed && file.container(next).offset() == range.offset;
    agrees = starts_here && file.container(next).size() == range.size;
    if (!starts_here) found.Add(file.name(), ": bytes from ", range.offset, " on are in no tensor and in no range of the container");
    if (starts_here && !agrees) {
      found.Add(file.name(), ": the range of the container from ", range.offset, " on has ", file.container(next).size(),
                " bytes, and the tensors leave ", range.size);
    }
    ++next;
    return agrees;
  });
  if (agrees && next < file.container_size()) {
    found.Add(file.name(), ": the range of the container from ", file.container(next).offset(), " on is covered already");
  }
  for (const ContainerRange& range : file.container()) {
    found.Expect(range.xxh3().size() == static_cast<size_t>(DigestSize(DigestKind::kXxh3)), file.name(),
                 ": the range of the container from ", range.offset(), " on has no XXH3");
  }
}

}  // namespace

void CheckOutputTensors(const Manifest& manifest, ContradictionList& found) {
  const Output& output = manifest.output();
  found.Expect(!output.tensors().empty(), "it lists no tensor");
  absl::flat_hash_set<absl::string_view> names;
  for (const OutputTensor& tensor : output.tensors()) {
    found.Expect(names.insert(tensor.name()).second, "tensor \"", tensor.name(), "\": it is listed twice");
    TensorCheck(manifest, tensor, found).Run();
  }
  std::vector<std::vector<FileRange>> places = PlacesInFiles(output, found);
  for (int f = 0; f < output.files_size(); ++f) CheckCoverage(output.files(f), std::move(places[static_cast<size_t>(f)]), found);
}

}  // namespace weighbridge
