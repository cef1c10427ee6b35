#ifndef WEIGHBRIDGE_TOOLS_PAD_ROWS_FLAG_H_
#define WEIGHBRIDGE_TOOLS_PAD_ROWS_FLAG_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "recipe/compile_options.h"

namespace weighbridge {

// PadRows as a flag: "auto", "reference", or a number of rows; empty for what the recipe says.
struct PadRowsFlag {
  std::optional<PadRows> pad_rows;
};

bool AbslParseFlag(absl::string_view text, PadRowsFlag* flag, std::string* error);
std::string AbslUnparseFlag(const PadRowsFlag& flag);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_PAD_ROWS_FLAG_H_
