#ifndef WEIGHBRIDGE_FORMATS_BYTES_OUTPUT_FILE_H_
#define WEIGHBRIDGE_FORMATS_BYTES_OUTPUT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_descriptor.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {

// A file that gets its name only when it is finished. Until Commit nothing stands under the final path, and what stood there before still
// does; without Commit nothing remains, not even after SIGKILL where the file system knows nameless files (O_TMPFILE). Elsewhere a
// hidden file of a name of its own, ".NAME.….partial", holds the bytes until the destructor removes it; RemoveAbandoned removes that of a
// process that was killed. A file without a name stays open: for more files than may be open there is a folder where each has one.
class OutputFile {
 public:
  // Fails as Create does for what stands at `path` already; for asking before long work.
  static absl::Status CheckTarget(const std::string& path, bool overwrite);

  // A file of exactly `size` bytes, whose space is taken at once, to stand at `path` later. Its folder may still be missing: until Commit
  // the bytes lie in the nearest folder above `path` that exists. ResourceExhausted when the disk has no room, PermissionDenied
  // when that folder cannot be written, FailedPrecondition when `path` is not a regular file, AlreadyExists when something stands there and
  // `overwrite` is false.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Create(const std::string& path, int64_t size, bool overwrite);

  // As Create, with the bytes in `folder` under the final name, and open only while they are written or read: for more files than may
  // be open. The folder is the caller's, on the same file system, and is not looked into by others.
  static absl::StatusOr<std::unique_ptr<OutputFile>> CreateIn(const std::string& folder, const std::string& path, int64_t size,
                                                              bool overwrite);

  // Removes hidden files in `folder` that processes left which are no more. Those of living ones are locked.
  static void RemoveAbandoned(const std::string& folder);

  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& path() const { return path_; }

  // Puts `bytes` at `offset`; the range lies inside the file. Thread-safe for ranges that do not overlap. ResourceExhausted when the disk
  // is full; as SystemError when the system cannot write.
  absl::Status WriteAt(int64_t offset, absl::string_view bytes);

  // What was written so far, as a source named like the final path; readable while this object lives and has not committed.
  absl::StatusOr<ByteSourcePtr> OpenForReading() const;

  // Brings all bytes to the disk, after the last WriteAt. Fails as WriteAt.
  absl::Status Sync();

  // Syncs unless that was done, then gives the file its name, in one step. AlreadyExists as Create, should something have appeared
  // there; NotFound when the folder is missing. Call at most once, or CommitIn; after success the object is inert.
  absl::Status Commit();

  // As Commit, in a folder of the same file system that will become that of the final path.
  absl::Status CommitIn(const std::string& folder);

 private:
  class Use;

  OutputFile(std::string path, std::string partial_path, FileDescriptor file, int64_t size, bool overwrite);
  static absl::StatusOr<std::unique_ptr<OutputFile>> TakeSpace(std::unique_ptr<OutputFile> file);
  absl::Status CommitAt(const std::string& path);
  absl::Status LinkNameless(const std::string& path);
  absl::Status RenamePartial(const std::string& path);

  std::string path_;
  std::string partial_path_;  // Empty for a nameless file.
  FileDescriptor file_;       // None where the file is open only while it is used.
  int64_t size_;
  bool overwrite_;
  bool synced_ = false;
  bool committed_ = false;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_BYTES_OUTPUT_FILE_H_
