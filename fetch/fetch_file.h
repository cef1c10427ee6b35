#ifndef WEIGHBRIDGE_FETCH_FETCH_FILE_H_
#define WEIGHBRIDGE_FETCH_FETCH_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/fetch_options.h"
#include "fetch/resolve.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

struct FetchedFile {
  enum class How { kWasThere, kCached, kFetched, kMended };
  How how = How::kFetched;
  std::string from;  // The address that the bytes came from; the task's own unless a mirror had to help.
  MeasuredFile measured;
  int64_t received = 0;  // Bytes that came from the source now.
  // That the bytes are those of `from` is known: all of them came from there now, or the source itself stated their hash just now.
  bool witnessed = false;
};

// Sees to it that the file of `task` lies at its target, and that it is what the lock says: takes what is there, or what a cache has, or
// fetches it. A file gets its name only when size and hashes are right; wrong bytes are fetched once more, and what is wrong again is kept
// aside as TARGET.bad, unless something stands there. What is in a cache stays the cache's own: the target is a copy.
// AlreadyExists: something else stands there; with `overwrite` it is replaced, and where the lock has chunks only what is damaged is
// fetched. DataLoss: wrong bytes, with both hashes. NotFound: offline and not here. Otherwise fails as Download and Transport do.
absl::StatusOr<FetchedFile> FetchFile(const FileTask& task, const WeightsSource& source, const FetchOptions& options);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_FETCH_FILE_H_
