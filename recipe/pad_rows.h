#ifndef WEIGHBRIDGE_RECIPE_PAD_ROWS_H_
#define WEIGHBRIDGE_RECIPE_PAD_ROWS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// How many rows of zeros the step add_token_rows appends, and below which row (recipe.proto; docs/spec/reference_pipeline.md D.4, H.7).
// Unless all rows are zero, FailedPrecondition where the matrix has fewer rows than the tokenizer has tokens: the reference leaves random
// rows there.
struct PadRows {
  enum class Mode {
    // One below those of the tokenizer's tokens. FailedPrecondition where the tokenizer knows the new token already (there the reference
    // zeroes whole matrices) and where the source has no tokenizer.model; the message says what to do.
    kAuto,
    // As kAuto, and with a tokenizer that knows the token all rows are zero, as the reference leaves them.
    kReference,
    // `count` below those of the tokenizer's tokens, or below all rows of the matrix where the source has no tokenizer.
    kCount,
  };
  Mode mode = Mode::kAuto;
  int64_t count = 0;  // Not negative.
};

// "auto", "reference" or a number of rows, as a recipe has it; "" is "auto". InvalidArgument for any other text.
absl::StatusOr<PadRows> ParsePadRows(absl::string_view text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_PAD_ROWS_H_
