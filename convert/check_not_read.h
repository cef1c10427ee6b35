#ifndef WEIGHBRIDGE_CONVERT_CHECK_NOT_READ_H_
#define WEIGHBRIDGE_CONVERT_CHECK_NOT_READ_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"

namespace weighbridge {

// What is read is never overwritten: the FailedPrecondition of writing to `path`, which is `what` ("read as a source"), with advice. It can
// be told from other failures, which do not count where an answer is no already.
absl::Status WouldOverwrite(absl::string_view path, absl::string_view what, absl::string_view advice);
bool IsWouldOverwrite(const absl::Status& status);

// WouldOverwrite when `path`, to which something will be written, is one of the files of `checkpoint`, which the user knows under that id.
absl::Status CheckIsNotRead(const std::string& path, absl::string_view id, const Checkpoint& checkpoint);

// The same for all sources, and for those that a source is made of.
absl::Status CheckIsNotRead(const std::string& path, const std::vector<PlanSource>& sources);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_CHECK_NOT_READ_H_
