#ifndef WEIGHBRIDGE_FETCH_DOWNLOAD_DOWNLOAD_H_
#define WEIGHBRIDGE_FETCH_DOWNLOAD_DOWNLOAD_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/download/download_options.h"
#include "fetch/download/partial_file.h"
#include "fetch/transport.h"

namespace weighbridge {

struct Downloaded {
  FileDigests digests;
  int64_t received = 0;  // Bytes that came from the source now.
};

// Fetches all bytes of a file into `partial`, going on where its journal says, and hashes them on the way. Streams of ranges run beside
// each other once the source has shown that it knows ranges; when it turns out not to, or the file changes, everything starts over, a
// few times at most. Neither names nor judges the result. On failure `partial` and its journal hold what is there.
// Fails as RemoteReader::Read does when that has been retried; Aborted: the file kept changing; ResourceExhausted: the disk is full.
absl::StatusOr<Downloaded> Download(RemoteReader& reader, const RemoteFile& file, PartialFile& partial, const DownloadOptions& options);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DOWNLOAD_DOWNLOAD_H_
