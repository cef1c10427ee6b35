#ifndef WEIGHBRIDGE_FETCH_TRANSPORT_H_
#define WEIGHBRIDGE_FETCH_TRANSPORT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fetch/address/uri.h"
#include "fetch/disk/file_hasher.h"

namespace weighbridge {

// Bytes [begin, end) of a file.
struct ByteRange {
  int64_t begin = 0;
  int64_t end = 0;

  int64_t size() const { return end - begin; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// What a source says about one file before its bytes are asked for.
struct RemoteFile {
  std::string path;  // Its name in the source: a RelativePath.
  Uri uri;           // Names these bytes for good where the source can do that: with the commit, without signatures.
  int64_t size = 0;
  Hashes hashes;  // What the source states; empty where it states nothing.
};

struct Listing {
  std::string revision;  // The commit that was found; empty where there is no such thing.
  std::vector<RemoteFile> files;
};

// What a source sends when it is asked for a range.
struct BodyStart {
  int64_t begin = 0;      // Offset of the first byte that follows: 0 when the source knows no ranges, whatever was asked.
  bool is_range = false;  // The source gave the range that it was asked for, so it knows ranges.
  std::string validator;  // Names the state of the file: a strong ETag or a date; empty when the source gives none.
};

// One file of a source, open for reading. Thread-safe.
class RemoteReader {
 public:
  virtual ~RemoteReader() = default;

  struct Request {
    ByteRange range;                            // Not empty unless the file is.
    bool whole = false;                         // The range is the whole file: no range is asked for.
    std::string validator;                      // When not empty: the bytes must still be these.
    const std::atomic<bool>* cancel = nullptr;  // Ends the request when set.
  };

  // Asks for the range once: no retries. Calls `on_start`, then `on_bytes` with the bytes in order, never more than the range has (or the
  // file, from 0 on, when `begin` is 0). A failure of either ends the request and is returned.
  //   Unavailable       try again: connection, time-out, overload. RetryAfter (fetch/retry.h) may say when.
  //   Aborted           the file is another one now.
  //   OutOfRange        the source cannot give this range, or gave another one; perhaps it can give the whole.
  //   Cancelled         `cancel`.
  // Every other failure is final.
  virtual absl::Status Read(const Request& request, absl::FunctionRef<absl::Status(const BodyStart&)> on_start,
                            absl::FunctionRef<absl::Status(absl::string_view)> on_bytes) = 0;
};

// A kind of source. Thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;

  // The files that an address names, by path; one request, or a few where the protocol needs them. Fails as RemoteReader::Read does, once.
  // NotFound, PermissionDenied and FailedPrecondition say what the user can do.
  virtual absl::StatusOr<Listing> List(const Uri& uri) = 0;

  virtual std::unique_ptr<RemoteReader> Open(const RemoteFile& file) = 0;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_TRANSPORT_H_
