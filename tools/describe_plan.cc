#include "tools/describe_plan.h"

#include <cstdint>
#include <map>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/printable.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/layout.h"
#include "formats/tensor_spec.h"
#include "re2/re2.h"
#include "tools/byte_count.h"

namespace weighbridge {

absl::Status Explain(const Plan& plan, const std::string& pattern, std::ostream& out) {
  const RE2 name(pattern, RE2::Quiet);
  if (!name.ok()) return absl::InvalidArgumentError(absl::StrCat("--explain=", pattern, ": ", name.error()));
  bool is_any = false;
  for (const PlannedTensor& output : plan.outputs) {
    if (!RE2::PartialMatch(output.name, name)) continue;
    is_any = true;
    out << Printable(absl::StrCat(output.name, " ", ToString(output.expr->spec()), " = ", ToString(*output.expr))) << "\n";
  }
  if (!is_any) return absl::InvalidArgumentError(absl::StrCat("--explain=", pattern, ": no tensor has a name that matches"));
  return absl::OkStatus();
}

void DescribeResult(const Plan& plan, const CheckpointLayout& layout, absl::Span<const std::string> paths, std::ostream& out) {
  for (const DroppedTensor& dropped : plan.dropped) {
    out << "dropped: " << dropped.source << "/" << Printable(dropped.name) << " " << ToString(dropped.spec) << ": "
        << Printable(dropped.reason) << "\n";
  }
  std::map<std::string, int64_t> dtypes;
  for (const PlannedTensor& output : plan.outputs) ++dtypes[std::string(DTypeName(output.expr->spec().dtype))];
  for (const std::string& path : paths) out << "would write: " << Printable(path) << "\n";
  int64_t tensor_bytes = 0;
  int64_t disk_bytes = 0;
  for (const CheckpointLayout::Weights& weights : layout.weights) {
    int64_t literal_bytes = 0;
    for (const Layout::Literal& literal : weights.layout.literals) literal_bytes += static_cast<int64_t>(literal.bytes.size());
    tensor_bytes += weights.layout.size - literal_bytes;
    disk_bytes += weights.layout.size;
  }
  out << "tensors: " << plan.outputs.size() << " ("
      << absl::StrJoin(dtypes, ", ", [](std::string* text, const auto& dtype) { absl::StrAppend(text, dtype.second, " ", dtype.first); })
      << ")\n"
      << "bytes: " << tensor_bytes << " of tensors, " << disk_bytes << " on disk (" << ReadableBytes(disk_bytes) << ")\n";
}

std::string AccountingLine(const Plan& plan, absl::string_view written) {
  const auto dropped = static_cast<int64_t>(plan.dropped.size());
  const int64_t all = plan.used + dropped;
  return absl::StrCat(plan.outputs.size(), " of ", plan.outputs.size(), " tensors ", written, ", ", all, " of ", all,
                      " source tensors accounted for (", plan.used, " used, ", dropped, " dropped by rule)");
}

}  // namespace weighbridge
