#include "tools/pad_rows_flag.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "recipe/compile_options.h"

namespace weighbridge {

bool AbslParseFlag(absl::string_view text, PadRowsFlag* flag, std::string* error) {
  flag->pad_rows.reset();
  if (text.empty()) return true;
  const absl::StatusOr<PadRows> pad_rows = ParsePadRows(text);
  if (!pad_rows.ok()) {
    *error = std::string(pad_rows.status().message());
    return false;
  }
  flag->pad_rows = *pad_rows;
  return true;
}

std::string AbslUnparseFlag(const PadRowsFlag& flag) {
  return flag.pad_rows.has_value() ? ToString(*flag.pad_rows) : "";
}

}  // namespace weighbridge
