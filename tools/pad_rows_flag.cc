#include "tools/pad_rows_flag.h"

#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "plan/compile_options.h"

namespace weighbridge {

bool AbslParseFlag(absl::string_view text, PadRowsFlag* flag, std::string* error) {
  PadRows& pad_rows = flag->pad_rows;
  pad_rows = {};
  if (text == "auto") return true;
  if (text == "reference") {
    pad_rows.mode = PadRows::Mode::kReference;
    return true;
  }
  pad_rows.mode = PadRows::Mode::kCount;
  if (absl::SimpleAtoi(text, &pad_rows.count) && pad_rows.count >= 0) return true;
  *error = "wanted is auto, reference or a number of rows";
  return false;
}

std::string AbslUnparseFlag(const PadRowsFlag& flag) {
  switch (flag.pad_rows.mode) {
    case PadRows::Mode::kAuto:
      return "auto";
    case PadRows::Mode::kReference:
      return "reference";
    case PadRows::Mode::kCount:
      break;
  }
  return absl::StrCat(flag.pad_rows.count);
}

}  // namespace weighbridge
