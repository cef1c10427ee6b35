#include "convert/output_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "base/status.h"
#include "convert/hidden_folder.h"
#include "formats/bytes/output_file.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

// The part of `folder` down to the first component that is missing; "" when all are there.
fs::path FirstMissing(const fs::path& folder) {
  fs::path part;
  for (const fs::path& component : folder) {
    part /= component;
    std::error_code error;
    if (!component.empty() && !fs::exists(fs::symlink_status(part, error))) return part;
  }
  return "";
}

FileDescriptor OpenFolder(const fs::path& folder) {
  return FileDescriptor(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

void SyncFolder(const fs::path& folder) {
  if (const FileDescriptor opened = OpenFolder(folder); opened.is_open()) fsync(opened.number());
}

// A folder that is there, locked as long as it is open; not locked where the file system knows no locks.
FileDescriptor LockFolder(const fs::path& folder) {
  FileDescriptor opened = OpenFolder(folder);
  while (opened.is_open() && flock(opened.number(), LOCK_EX) != 0 && errno == EINTR) {
  }
  return opened;
}

constexpr char kAside[] = ".weighbridge-previous";

// Files of a folder whose names were freed by renaming them; renamed back at the end of the scope unless they were discarded.
class PutAside {
 public:
  PutAside() = default;
  ~PutAside() {
    for (auto moved = moved_.rbegin(); moved != moved_.rend(); ++moved) {
      std::error_code ignored;
      fs::rename(moved->second, moved->first, ignored);
    }
  }
  PutAside(const PutAside&) = delete;
  PutAside& operator=(const PutAside&) = delete;

  absl::Status Move(const fs::path& path) {
    const fs::path aside = path.parent_path() / absl::StrCat(".", path.filename().string(), kAside);
    std::error_code error;
    fs::rename(path, aside, error);
    if (error == std::errc::no_such_file_or_directory) return absl::OkStatus();
    if (error) return SystemError(error.value(), "replacing", path.string());
    moved_.emplace_back(path, aside);
    return absl::OkStatus();
  }

  // Also what was put aside in `folder` by processes that were killed: whoever could still want it holds the folder's lock.
  void Discard(const fs::path& folder) {
    moved_.clear();
    std::error_code error;
    for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      std::error_code ignored;
      if (absl::StartsWith(name, ".") && absl::EndsWith(name, kAside)) fs::remove(entry->path(), ignored);
    }
  }

 private:
  std::vector<std::pair<fs::path, fs::path>> moved_;
};

// How many files may wait open, each with another descriptor when it is read: few beside what a program may have open at all.
size_t MostOpen() {
  constexpr rlim_t kMost = 64;
  rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min(kMost, limit.rlim_cur / 8) : kMost;
}

// A place in a folder that is there, for a hidden folder beside it.
fs::path PlaceInside(const fs::path& folder) {
  return folder / "partial";
}

// Renames a folder to a place where nothing stands.
std::error_code RenameToNothing(const fs::path& from, const fs::path& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  std::error_code error(errno, std::generic_category());
  if (error == std::errc::invalid_argument || error == std::errc::function_not_supported) fs::rename(from, to, error);
  return error;
}

}  // namespace

// Of a path that is partly missing, "missing/../x" means "x".
OutputFolder::OutputFolder(std::string path, bool overwrite)
    : path_(FirstMissing(path).empty() ? std::move(path) : fs::path(path).lexically_normal().string()), overwrite_(overwrite) {}

std::string OutputFolder::PathOf(absl::string_view name) const {
  return (fs::path(path_) / std::string(name)).string();
}

absl::Status OutputFolder::CheckTargets(absl::Span<const std::string> names) const {
  std::error_code error;
  if (FirstMissing(path_).empty() && !path_.empty() && !fs::is_directory(path_, error)) {
    return absl::FailedPreconditionError(absl::StrCat("writing to ", path_, ": something else than a folder stands there"));
  }
  const fs::path above = FirstMissing(path_).parent_path();
  if (!above.empty() && !fs::is_directory(above, error)) {
    return absl::FailedPreconditionError(absl::StrCat("writing to ", path_, ": ", above.string(), " is not a folder"));
  }
  for (const std::string& name : names) {
    RETURN_IF_ERROR(OutputFile::CheckTarget(PathOf(name), overwrite_));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFolder::Create(absl::string_view name, int64_t size) const {
  if (waiting_ != nullptr) return OutputFile::CreateIn(waiting_->path().string(), PathOf(name), size, overwrite_);
  return OutputFile::Create(PathOf(name), size, overwrite_);
}

absl::Status OutputFolder::Prepare(size_t files) {
  RemoveAbandoned();
  if (files <= MostOpen()) return absl::OkStatus();
  const fs::path missing = FirstMissing(path_);
  ASSIGN_OR_RETURN(waiting_, HiddenFolder::Create(missing.empty() ? PlaceInside(path_) : missing));
  return absl::OkStatus();
}

void OutputFolder::RemoveAbandoned() const {
  // Whoever wrote here may have found another part of the path missing.
  const fs::path folder = fs::path(path_).has_filename() ? fs::path(path_) : fs::path(path_).parent_path();
  for (const fs::path& place : {PlaceInside(path_), folder, FirstMissing(path_)}) {
    if (!place.filename().empty()) HiddenFolder::RemoveAbandoned(place);
  }
  const fs::path missing = FirstMissing(path_);
  const fs::path existing = missing.empty() ? fs::path(path_) : missing.parent_path();
  OutputFile::RemoveAbandoned(existing.empty() ? "." : existing.string());
}

absl::Status OutputFolder::Publish(absl::Span<OutputFile* const> files, FindObsolete find_obsolete) {
  // The slow part first, so that the names come at once.
  for (OutputFile* file : files) {
    RETURN_IF_ERROR(file->Sync());
  }
  return FirstMissing(path_).empty() ? PublishInto(files, find_obsolete) : PublishWithFolder(files);
}

absl::Status OutputFolder::PublishWithFolder(absl::Span<OutputFile* const> files) {
  const fs::path top = FirstMissing(path_);
  ASSIGN_OR_RETURN(std::unique_ptr<HiddenFolder> hidden, HiddenFolder::Create(top));
  const fs::path& made = hidden->path();
  const auto hidden_path = [&](const fs::path& path) { return path == top ? made : made / path.lexically_relative(top); };
  // It is its owner's alone; what it becomes is a folder like any other.
  const mode_t mask = umask(0);
  umask(mask);
  chmod(made.c_str(), 0777 & ~mask);
  std::error_code error;
  fs::create_directories(hidden_path(path_), error);
  absl::Status status = error ? SystemError(error.value(), "making the folder", path_) : absl::OkStatus();
  for (OutputFile* file : files) {
    if (status.ok()) status = file->CommitIn(hidden_path(path_).string());
  }
  // Should others make the upper ones of several folders meanwhile, what is still missing is moved into those.
  for (bool published = false; status.ok() && !published;) {
    const fs::path missing = FirstMissing(path_);
    if (missing.empty()) {
      status = absl::AlreadyExistsError(absl::StrCat("writing to ", path_, ": the folder has appeared meanwhile"));
      break;
    }
    error = RenameToNothing(hidden_path(missing), missing);
    published = !error;
    if (error && error != std::errc::file_exists && error != std::errc::directory_not_empty) {
      status = SystemError(error.value(), "making the folder", missing.string());
    }
  }
  SyncFolder(top.parent_path());
  return status;
}

absl::Status OutputFolder::PublishInto(absl::Span<OutputFile* const> files, FindObsolete find_obsolete) {
  const FileDescriptor lock = LockFolder(path_);
  ASSIGN_OR_RETURN(std::vector<std::string> obsolete, find_obsolete());
  PutAside previous;
  if (overwrite_) {
    for (OutputFile* file : files) {
      RETURN_IF_ERROR(previous.Move(file->path()));
    }
  }
  for (const std::string& name : obsolete) {
    RETURN_IF_ERROR(previous.Move(PathOf(name)));
  }
  for (size_t i = 0; i < files.size(); ++i) {
    absl::Status status = files[i]->Commit();
    if (status.ok()) continue;
    for (size_t done = 0; done < i; ++done) {
      std::error_code ignored;
      fs::remove(files[done]->path(), ignored);
    }
    return status;
  }
  previous.Discard(path_);
  return absl::OkStatus();
}

}  // namespace weighbridge
