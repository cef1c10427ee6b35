#ifndef WEIGHBRIDGE_VERIFY_COMPARE_CONCERNS_MERGED_H_
#define WEIGHBRIDGE_VERIFY_COMPARE_CONCERNS_MERGED_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// Whether a failure lies in the merged checkpoint, which is judged, and not in a source.
bool ConcernsMerged(const absl::Status& status);

// Says so of a failure.
absl::Status MarkConcernsMerged(absl::Status status);

// A failure while comparing that tensor of the merged checkpoint, with its name where the failure lies in it. Others name their source
// tensor already.
absl::Status NameMergedTensor(const absl::Status& status, absl::string_view name);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_COMPARE_CONCERNS_MERGED_H_
