#ifndef WEIGHBRIDGE_FETCH_DISK_ERROR_H_
#define WEIGHBRIDGE_FETCH_DISK_ERROR_H_

#include "absl/status/status.h"

namespace weighbridge {

// A failure of base/file_descriptor.h with a code that nobody here takes for a source's: a disk is not asked again as a server is
// (Unavailable), what it refuses is no other file now (Aborted), and a file that is too large for it is no range that a server does not
// have (OutOfRange). The latter becomes ResourceExhausted, as a full disk is; the others, and what has no code of its own, Internal.
absl::Status DiskError(const absl::Status& failure);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DISK_ERROR_H_
