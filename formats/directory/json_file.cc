#include "formats/directory/json_file.h"

#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace weighbridge {

absl::Status VisitJsonFile(const ByteSource& source, const ReadLimits& limits, JsonVisitor visit) {
  absl::Status status;
  if (source.size() > limits.json_bytes) {
    status = absl::ResourceExhaustedError(absl::StrCat("it has ", source.size(), " bytes of JSON; the limit is ", limits.json_bytes));
  } else {
    absl::StatusOr<std::string> text = ReadAll(source, limits.json_bytes);
    if (!text.ok()) return text.status();
    status = VisitJson(*text, limits.nesting, [&](absl::Span<const std::string> path, const JsonValue& value) {
      if (!path.empty()) return visit(path, value);
      if (std::holds_alternative<JsonObject>(value)) return absl::OkStatus();
      return absl::DataLossError(absl::StrCat("it is ", JsonKind(value), ", not an object"));
    });
  }
  return status.ok() ? status : absl::Status(status.code(), absl::StrCat("reading ", source.name(), ": ", status.message()));
}

}  // namespace weighbridge
