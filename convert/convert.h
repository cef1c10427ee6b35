#ifndef WEIGHBRIDGE_CONVERT_CONVERT_H_
#define WEIGHBRIDGE_CONVERT_CONVERT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "convert/conversion.h"
#include "convert/resources.h"
#include "expr/plan.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

// Where a result goes, and on which terms.
struct ConvertOptions {
  std::string folder = "";
  // Whether the weights are one file that the user named, beside which others may stand. Otherwise the folder is the checkpoint's: other
  // weights under standard names must not be there, and `overwrite` removes them.
  bool is_single_file = false;
  std::string manifest_name = "";  // In the folder, when the result is judged; empty: none is written.
  bool verify = true;              // Whether what was written is judged before it gets its name.
  bool overwrite = false;
  Resources resources = {};
};

struct ConversionResult {
  struct Weights {
    std::string path;
    int64_t bytes = 0;
  };

  Plan plan;                          // By which it was made.
  std::optional<Manifest> judgement;  // Where it was judged.
  bool is_published = false;          // Not when the judgement says no: then nothing of what follows is there.
  std::vector<Weights> weights;
  std::string index_path;     // Empty where there is none, and so below.
  std::string manifest_path;  // The judgement's.
  // The names of other weights that stand beside a single file of a standard name, so that who is given the folder may ask which are meant.
  std::vector<std::string> other_weights;
};

// Writes what was planned, judges what was written (verify/judge.h), and gives the files their names together: a result that is not exactly
// what the recipe says is not published, and that is no error. Every failure, and a judgement that says no, leaves all files as they were;
// OutputFolder says what a kill leaves.
//
// FailedPrecondition when a file of the result would overwrite one that is read, AlreadyExists when one stands there, or other weights in
// the checkpoint's folder, and `overwrite` is off; ResourceExhausted when the memory is too little for the threads; otherwise fails as
// OutputFolder, Execute and Judge do. Internal when what was written cannot be read.
absl::StatusOr<ConversionResult> Convert(Conversion conversion, const ConvertOptions& options);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_CONVERT_H_
