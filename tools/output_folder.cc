#include "tools/output_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/output_file.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

absl::Status FolderError(absl::string_view doing, const fs::path& folder, const std::error_code& error) {
  const std::string message = absl::StrCat(doing, " ", folder.string(), ": ", error.message());
  if (error == std::errc::permission_denied || error == std::errc::read_only_file_system) return absl::PermissionDeniedError(message);
  if (error == std::errc::file_exists || error == std::errc::not_a_directory || error == std::errc::directory_not_empty) {
    return absl::FailedPreconditionError(message);
  }
  return absl::UnavailableError(message);
}

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

void SyncFolder(const fs::path& folder) {
  const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

// Renames files of a folder so that their names are free; back again unless Keep is called.
class PutAside {
 public:
  ~PutAside() {
    for (auto moved = moved_.rbegin(); moved != moved_.rend(); ++moved) {
      std::error_code ignored;
      fs::rename(moved->second, moved->first, ignored);
    }
  }

  absl::Status Move(const fs::path& path) {
    const fs::path aside = path.parent_path() / absl::StrCat(".", path.filename().string(), ".previous");
    std::error_code error;
    fs::rename(path, aside, error);
    if (error == std::errc::no_such_file_or_directory) return absl::OkStatus();
    if (error) return FolderError("replacing", path, error);
    moved_.emplace_back(path, aside);
    return absl::OkStatus();
  }

  void Forget() {
    for (const auto& [path, aside] : moved_) {
      std::error_code ignored;
      fs::remove(aside, ignored);
    }
    moved_.clear();
  }

 private:
  std::vector<std::pair<fs::path, fs::path>> moved_;
};

}  // namespace

OutputFolder::OutputFolder(std::string path, bool overwrite) : path_(std::move(path)), overwrite_(overwrite) {}

std::string OutputFolder::PathOf(absl::string_view name) const {
  return (fs::path(path_) / std::string(name)).string();
}

absl::Status OutputFolder::CheckTargets(absl::Span<const std::string> names) const {
  std::error_code error;
  if (FirstMissing(path_).empty() && !path_.empty() && !fs::is_directory(path_, error)) {
    return absl::FailedPreconditionError(absl::StrCat("writing to ", path_, ": something else than a folder stands there"));
  }
  for (const std::string& name : names) {
    if (absl::Status status = OutputFile::CheckTarget(PathOf(name), overwrite_); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status OutputFolder::Publish(absl::Span<OutputFile* const> files, absl::Span<const std::string> obsolete) {
  return FirstMissing(path_).empty() ? PublishInto(files, obsolete) : PublishWithFolder(files);
}

absl::Status OutputFolder::PublishWithFolder(absl::Span<OutputFile* const> files) {
  const fs::path top = FirstMissing(path_);
  const fs::path staged_top = top.parent_path() / absl::StrCat(".", top.filename().string(), ".partial");
  const fs::path staged = staged_top / fs::path(path_).lexically_relative(top);
  std::error_code error;
  fs::remove_all(staged_top, error);  // What a killed process has left.
  fs::create_directories(staged, error);
  absl::Status status = error ? FolderError("making the folder", top, error) : absl::OkStatus();
  for (OutputFile* file : files) {
    if (status.ok()) status = file->CommitIn(staged.string());
  }
  if (status.ok()) {
    fs::rename(staged_top, top, error);
    if (error) status = FolderError("making the folder", top, error);
  }
  if (!status.ok()) fs::remove_all(staged_top, error);
  SyncFolder(top.parent_path());
  return status;
}

absl::Status OutputFolder::PublishInto(absl::Span<OutputFile* const> files, absl::Span<const std::string> obsolete) {
  PutAside previous;
  if (overwrite_) {
    for (OutputFile* file : files) {
      if (absl::Status status = previous.Move(file->path()); !status.ok()) return status;
    }
  }
  for (const std::string& name : obsolete) {
    if (absl::Status status = previous.Move(PathOf(name)); !status.ok()) return status;
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
  previous.Forget();
  return absl::OkStatus();
}

}  // namespace weighbridge
