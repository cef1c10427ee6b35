#include "recipe/compile_options.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

absl::StatusOr<PadRows> ParsePadRows(absl::string_view text) {
  if (text == "auto") return PadRows{};
  if (text == "reference") return PadRows{.mode = PadRows::Mode::kReference};
  PadRows rows = {.mode = PadRows::Mode::kCount};
  if (absl::SimpleAtoi(text, &rows.count) && rows.count >= 0) return rows;
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": wanted is auto, reference or a number of rows"));
}

std::string ToString(const PadRows& pad_rows) {
  switch (pad_rows.mode) {
    case PadRows::Mode::kAuto:
      return "auto";
    case PadRows::Mode::kReference:
      return "reference";
    case PadRows::Mode::kCount:
      break;
  }
  return absl::StrCat(pad_rows.count);
}

}  // namespace weighbridge
