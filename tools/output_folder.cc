#include "tools/output_folder.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

OutputFolder::OutputFolder(std::string path) : path_(std::move(path)) {}

OutputFolder::~OutputFolder() {
  for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) {
    std::error_code ignored;
    // Removes an empty folder only.
    std::filesystem::remove(*folder, ignored);
  }
}

absl::Status OutputFolder::Make() {
  std::filesystem::path folder;
  for (const std::filesystem::path& part : std::filesystem::path(path_)) {
    folder /= part;
    std::error_code error;
    if (std::filesystem::is_directory(folder, error)) continue;
    if (std::filesystem::create_directory(folder, error)) {
      made_.push_back(folder.string());
      continue;
    }
    const std::string message =
        absl::StrCat("making the folder ", folder.string(), ": ", error ? error.message() : "something else stands there");
    if (error == std::errc::permission_denied || error == std::errc::read_only_file_system) return absl::PermissionDeniedError(message);
    if (!error || error == std::errc::file_exists || error == std::errc::not_a_directory) return absl::FailedPreconditionError(message);
    return absl::UnavailableError(message);
  }
  return absl::OkStatus();
}

std::string OutputFolder::PathOf(absl::string_view name) const {
  return (std::filesystem::path(path_) / std::string(name)).string();
}

}  // namespace weighbridge
