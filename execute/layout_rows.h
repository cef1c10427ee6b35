#ifndef WEIGHBRIDGE_EXECUTE_LAYOUT_ROWS_H_
#define WEIGHBRIDGE_EXECUTE_LAYOUT_ROWS_H_

#include <vector>

#include "expr/plan.h"
#include "formats/layout.h"

namespace weighbridge {

// The plan's outputs as a container wants them, in order. Outputs that the same operations make of the same stored bytes (tied weights,
// which a file holds once under two names) are the same tensor: same_as.
std::vector<LayoutRow> LayoutRows(const Plan& plan);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_LAYOUT_ROWS_H_
