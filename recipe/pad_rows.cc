#include "recipe/pad_rows.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

absl::StatusOr<PadRows> ParsePadRows(absl::string_view text) {
  if (text.empty() || text == "auto") return PadRows{};
  if (text == "reference") return PadRows{.mode = PadRows::Mode::kReference};
  PadRows rows = {.mode = PadRows::Mode::kCount};
  if (absl::SimpleAtoi(text, &rows.count) && rows.count >= 0) return rows;
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": expected auto, reference or a number of rows"));
}

}  // namespace weighbridge
