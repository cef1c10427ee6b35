#ifndef WEIGHBRIDGE_FORMATS_PADDLE_VARIABLE_NAMES_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_VARIABLE_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/read_limits.h"

namespace weighbridge::paddle {

// A file beside a combined file of LoDTensors that knows the names of its variables, and what it is (docs/spec/formats.md 9.5).
struct NameSource {
  enum class Kind {
    kProgram,        // ProgramDesc: .pdmodel, __model__.
    kPirProgram,     // PIR: .json.
    kParameterInfo,  // A pickle: .pdiparams.info.
  };

  Kind kind = Kind::kProgram;
  ByteSourcePtr bytes;
};

// The names of the persistent variables that `source` knows, in the order in which a combined file holds their values: sorted bytewise.
// None for a JSON text that is not a PIR program. DataLoss, PermissionDenied or another failure when the file breaks its format or goes
// beyond a limit; messages begin with "reading PATH: ".
absl::StatusOr<std::vector<std::string>> ReadVariableNames(const NameSource& source, const ReadLimits& limits);

}  // namespace weighbridge::paddle

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_VARIABLE_NAMES_H_
