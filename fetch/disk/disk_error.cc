#include "fetch/disk/disk_error.h"

#include "absl/status/status.h"

namespace weighbridge {

absl::Status DiskError(const absl::Status& failure) {
  switch (failure.code()) {
    case absl::StatusCode::kOutOfRange:
      return absl::ResourceExhaustedError(failure.message());
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kDeadlineExceeded:
      return absl::InternalError(failure.message());
    default:
      return failure;
  }
}

}  // namespace weighbridge
