#ifndef WEIGHBRIDGE_VERIFY_REPORT_CONTRADICTIONS_H_
#define WEIGHBRIDGE_VERIFY_REPORT_CONTRADICTIONS_H_

#include <string>
#include <vector>

#include "proto/manifest.pb.h"

namespace weighbridge::report {

// What cannot all be true of what a manifest says, one sentence each: sums that do not hold, a verdict that is not that of the tensors, a
// recipe's text with another digest. None for a manifest that verify made.
std::vector<std::string> Contradictions(const Manifest& manifest);

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_CONTRADICTIONS_H_
