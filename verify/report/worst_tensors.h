#ifndef WEIGHBRIDGE_VERIFY_REPORT_WORST_TENSORS_H_
#define WEIGHBRIDGE_VERIFY_REPORT_WORST_TENSORS_H_

#include <cstddef>
#include <vector>

#include "proto/manifest.pb.h"
#include "verify/report/html.h"

namespace weighbridge::report {

// At most `limit` tensors that have error statistics, the worst first: those outside their tolerance before those within it, then by the
// greatest absolute error beside the greatest magnitude in the tensor, which compares tensors of any scale. NaN or infinity on one side
// is worse than every number. Of equals the first in the file comes first. Points into `manifest`.
std::vector<const OutputTensor*> WorstTensors(const Manifest& manifest, size_t limit);

// Everything that is known about one of them.
Html WorstTensorCard(const OutputTensor& tensor);

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_WORST_TENSORS_H_
