#ifndef WEIGHBRIDGE_VERIFY_AUDIT_OUTPUT_CONTRADICTIONS_H_
#define WEIGHBRIDGE_VERIFY_AUDIT_OUTPUT_CONTRADICTIONS_H_

#include "proto/manifest.pb.h"
#include "verify/audit/contradiction_list.h"

namespace weighbridge {

// What Contradictions (contradictions.h) says of the output's tensors and of where they lie: each tensor for itself, and whether tensors
// and container ranges cover every file. The digest over all of them is not looked at.
void CheckOutputTensors(const Manifest& manifest, ContradictionList& found);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_AUDIT_OUTPUT_CONTRADICTIONS_H_
