#ifndef WEIGHBRIDGE_TOOLS_DESCRIBE_PLAN_H_
#define WEIGHBRIDGE_TOOLS_DESCRIBE_PLAN_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "expr/plan.h"
#include "formats/directory/checkpoint_layout.h"

namespace weighbridge {

// What a tool tells of a plan, on `out`.

// The expression of each output whose name `pattern`, an RE2, matches in part. InvalidArgument when it is not one, or matches none.
absl::Status Explain(const Plan& plan, const std::string& pattern, std::ostream& out);

// Every dropped source tensor with its reason, the files that would be written, and the sums of tensors and bytes.
void DescribeResult(const Plan& plan, const CheckpointLayout& layout, absl::Span<const std::string> paths, std::ostream& out);

// The last line of a conversion: "100 of 100 tensors written, 139 of 139 source tensors accounted for (100 used, 39 dropped by rule)".
std::string AccountingLine(const Plan& plan, absl::string_view written);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_DESCRIBE_PLAN_H_
