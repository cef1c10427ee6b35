#ifndef WEIGHBRIDGE_FETCH_DISK_DISK_ERROR_H_
#define WEIGHBRIDGE_FETCH_DISK_DISK_ERROR_H_

#include "absl/status/status.h"

namespace weighbridge {

// A failure of base/file_descriptor.h with a code that cannot be mistaken for a source's. A source's codes make fetch try again
// (Unavailable), start a file over (Aborted) or do without ranges (OutOfRange); a failure of the disk must do none of that. OutOfRange, of
// numbers too large for the system, becomes ResourceExhausted; Unavailable, Aborted, Cancelled and DeadlineExceeded become Internal; other
// codes stay.
absl::Status DiskError(const absl::Status& failure);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DISK_DISK_ERROR_H_
