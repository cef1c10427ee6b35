#ifndef WEIGHBRIDGE_TOOLS_CONVERSION_H_
#define WEIGHBRIDGE_TOOLS_CONVERSION_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "convert/conversion.h"
#include "convert/convert.h"
#include "expr/plan.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

// What merge, apply_delta and consolidate have in common.
struct ConversionRequest {
  ConversionOptions conversion = {};
  ConvertOptions convert = {};  // `folder` may be empty where nothing is written; `resources.progress` is the terminal's.
  bool dry_run = false;         // Print what would be made, and stop.
  std::string explain = "";     // An RE2: print the expression of each output whose name it matches in part; empty for none.
  bool quiet = false;           // No progress on stderr.
  std::string told_first = "";  // A line before what is told of the result; empty for none.

  // Whether the work has no sense without a folder for the result.
  bool NeedsFolder() const { return !dry_run && explain.empty(); }
};

// Makes what `recipe` says of `sources` and tells on `out` what was made. Yes when the result stands in its folder (or, for a dry run and
// for an explanation without a folder, when it could be made). No, with what differs on `out`, when what was written is not what the recipe
// says. Fails as PlanConversion and Convert do, InvalidArgument also as Explain.
absl::StatusOr<bool> RunConversion(const Recipe& recipe, const std::vector<PlanSource>& sources, ConversionRequest request,
                                   std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_CONVERSION_H_
