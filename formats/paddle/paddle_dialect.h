#ifndef WEIGHBRIDGE_FORMATS_PADDLE_PADDLE_DIALECT_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_PADDLE_DIALECT_H_

#include "formats/pickle/machine_options.h"
#include "formats/read_limits.h"

namespace weighbridge::paddle {

// How Paddle's pickles are run. They may name what Python and numpy do, and the eval of a static-mode tensor, which is data and is not
// evaluated (docs/spec/formats.md 8.7); byte strings are latin-1.
pickle::MachineOptions PickleOptions(const ReadLimits& limits);

}  // namespace weighbridge::paddle

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_PADDLE_DIALECT_H_
