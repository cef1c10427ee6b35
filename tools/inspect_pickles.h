#ifndef WEIGHBRIDGE_TOOLS_INSPECT_PICKLES_H_
#define WEIGHBRIDGE_TOOLS_INSPECT_PICKLES_H_

#include <ostream>

#include "absl/status/statusor.h"
#include "tools/inspect.h"

namespace weighbridge {

// A safety report: every global that the pickles of a checkpoint name, which of them are outside the closed table of those whose meaning is
// known, and where a pickle could not be followed. Nothing is looked up, imported or called. Yes when all are in the table; no otherwise;
// fails when a pickle that names nothing outside could not be followed to its end, or as ListPickles.
absl::StatusOr<bool> InspectPickles(const InspectOptions& options, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_INSPECT_PICKLES_H_
