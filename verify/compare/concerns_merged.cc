#include "verify/compare/concerns_merged.h"

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kConcernsMerged = "weighbridge/concerns-merged";

}  // namespace

bool ConcernsMerged(const absl::Status& status) {
  return status.GetPayload(kConcernsMerged).has_value();
}

absl::Status MarkConcernsMerged(absl::Status status) {
  if (!status.ok()) status.SetPayload(kConcernsMerged, absl::Cord());
  return status;
}

absl::Status NameMergedTensor(const absl::Status& status, absl::string_view name) {
  return ConcernsMerged(status) ? Annotate(status, absl::StrCat("tensor \"", name, "\"")) : status;
}

}  // namespace weighbridge
