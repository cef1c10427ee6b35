#ifndef WEIGHBRIDGE_CONVERT_CHECK_SIDE_FILES_H_
#define WEIGHBRIDGE_CONVERT_CHECK_SIDE_FILES_H_

#include "absl/status/status.h"
#include "expr/plan.h"

namespace weighbridge {

// A tokenizer's files are carried over byte for byte, whatever is in them. Unimplemented, naming the file, when one only stands for the
// real one (CheckIsNoStandIn), which would otherwise be noticed only when the model is used; otherwise fails as ByteSource::ReadAt.
absl::Status CheckSideFiles(const Plan& plan);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_CHECK_SIDE_FILES_H_
