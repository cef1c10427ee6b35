#ifndef WEIGHBRIDGE_FETCH_DOWNLOAD_PARTIAL_FILE_H_
#define WEIGHBRIDGE_FETCH_DOWNLOAD_PARTIAL_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// A file that is being fetched, and beside it, as PATH.journal, what of it is on the disk. Both outlive the program, whatever ends it.
// Reading and writing are thread-safe for ranges that do not overlap.
class PartialFile {
 public:
  // Opens `path` or makes it, with room for `size` bytes; its folder exists. Never through a symbolic link. `journal()` is what an earlier
  // run left, or empty when it left nothing that goes with this file: `note` says why then. ResourceExhausted: no room;
  // FailedPrecondition: something else than a file stands there. All failures here are those of DiskError.
  static absl::StatusOr<std::unique_ptr<PartialFile>> Open(const std::string& path, int64_t size);

  const DownloadJournal& journal() const { return journal_; }
  const std::string& note() const { return note_; }

  absl::Status WriteAt(int64_t offset, absl::string_view bytes);
  // Fills the buffer. Aborted: somebody else cut the file off.
  absl::Status ReadAt(int64_t offset, absl::Span<char> buffer) const;

  // Brings what was written to the disk, and then says so in the journal.
  absl::Status Save(const DownloadJournal& journal);

  // Makes it the file at `final_path`, in one step and for good: data, name and folder are on the disk; the journal is gone.
  absl::Status Publish(const std::string& final_path);

  // Removes both.
  void Discard();

  // Removes what a run that was killed in its last moment may have left beside a file that is finished.
  static void RemoveJournal(const std::string& path);

 private:
  PartialFile(std::string path, FileDescriptor file, int64_t size) : path_(std::move(path)), file_(std::move(file)), size_(size) {}
  absl::Status Allocate();
  void LoadJournal(int64_t size_found);

  const std::string path_;
  const FileDescriptor file_;
  const int64_t size_;
  DownloadJournal journal_;
  std::string note_;
};

// Writes a small file so that its name always stands for all of its bytes; by way of PATH.part, so never twice at a time.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes);

// Renames and brings the name to the disk.
absl::Status RenameForGood(const std::string& from, const std::string& to);

// The same, but AlreadyExists when something stands at `to`.
absl::Status RenameAside(const std::string& from, const std::string& to);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DOWNLOAD_PARTIAL_FILE_H_
