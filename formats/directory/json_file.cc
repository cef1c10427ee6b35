#include "formats/directory/json_file.h"

#include <optional>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/directory/recognize.h"
#include "formats/json/python_numbers.h"

namespace weighbridge {

absl::Status VisitJsonFile(const ByteSource& source, const ReadLimits& limits, JsonVisitor visit) {
  absl::Status status;
  if (source.size() > limits.json_bytes) {
    status = absl::ResourceExhaustedError(absl::StrCat("it has ", source.size(), " bytes of JSON; the limit is ", limits.json_bytes));
  } else {
    ASSIGN_OR_RETURN(std::string text, ReadAll(source, limits.json_bytes));
    if (status = CheckIsNoStandIn(text); !status.ok()) status = absl::DataLossError(absl::StrCat("no valid JSON: ", status.message()));
    if (status.ok()) status = QuotePythonNumbers(text);
    const auto visit_value = [&](absl::Span<const std::string> path, const JsonValue& value) {
      const auto* quoted = std::get_if<std::string>(&value);
      const std::optional<double> number = quoted == nullptr ? std::nullopt : PythonNumber(*quoted);
      if (!path.empty()) return number.has_value() ? visit(path, *number) : visit(path, value);
      if (std::holds_alternative<JsonObject>(value)) return absl::OkStatus();
      return absl::DataLossError(absl::StrCat("it is ", JsonKind(value), ", not an object"));
    };
    if (status.ok()) status = VisitJson(text, limits.nesting, visit_value);
  }
  return Annotate(status, absl::StrCat("reading ", source.name()));
}

}  // namespace weighbridge
