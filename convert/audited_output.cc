#include "convert/audited_output.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "convert/check_not_read.h"
#include "formats/bytes/byte_source.h"
#include "formats/directory/file_role.h"
#include "formats/directory/find_checkpoint.h"
#include "proto/manifest.pb.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

// The listed file that stands for the checkpoint; nothing where there is none, or where several may.
std::optional<int> MainFile(const Output& output) {
  std::vector<int> indexes;
  std::vector<int> weights;
  for (int f = 0; f < output.files_size(); ++f) {
    if (output.files(f).role() == File::ROLE_INDEX) indexes.push_back(f);
    if (output.files(f).role() == File::ROLE_WEIGHTS) weights.push_back(f);
  }
  const std::vector<int>& candidates = indexes.empty() ? weights : indexes;
  return candidates.size() == 1 ? std::optional<int>(candidates[0]) : std::nullopt;
}

std::optional<int> FileOfName(const Output& output, const std::string& name) {
  for (int f = 0; f < output.files_size(); ++f) {
    if (output.files(f).name() == name) return f;
  }
  return std::nullopt;
}

// Names in the folder that are not the output's; `named` is a file that stands for one of them, or empty.
absl::Status FindOthers(const Output& output, const std::string& folder, const std::string& named, AuditedOutput& audited) {
  std::vector<std::string> known;
  for (const File& file : output.files()) known.push_back(file.name());
  if (!named.empty()) known.push_back(named);
  ASSIGN_OR_RETURN(std::vector<std::string> others, FindOtherWeights(folder.empty() ? "." : folder, known));
  for (const std::string& other : others) {
    audited.findings.push_back(
        absl::StrCat((fs::path(folder) / other).string(), ": the manifest does not list these weights, which a loader may take"));
  }
  const bool is_any = std::any_of(audited.files.begin(), audited.files.end(), [](const ByteSourcePtr& file) { return file != nullptr; });
  if (is_any) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<std::string> all, FindOtherWeights(folder, {}));
  if (!all.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(folder, " holds none of the files that the manifest lists, nor any other weights: there is nothing to audit"));
}

}  // namespace

absl::StatusOr<AuditedOutput> OpenAuditedOutput(const Manifest& manifest, const std::string& named) {
  const Output& output = manifest.output();
  std::error_code error;
  const bool is_folder = fs::is_directory(named, error);
  const fs::path folder = is_folder ? fs::path(named) : fs::path(named).parent_path();
  const std::string name = is_folder ? "" : fs::path(named).filename().string();
  const std::optional<int> main = MainFile(output);
  std::optional<int> meant;
  if (!is_folder) meant = FileOfName(output, name);
  if (!is_folder && !meant.has_value()) meant = main;
  const auto path_of = [&](int f) { return meant == f ? named : (folder / fs::path(output.files(f).name()).filename()).string(); };

  AuditedOutput audited;
  if (main.has_value()) audited.path = path_of(*main);
  if (!is_folder && !meant.has_value()) {
    if (absl::StatusOr<ByteSourcePtr> file = OpenFile(named); !file.ok()) return file.status();
    audited.findings.push_back(absl::StrCat(named, ": is none of the files that the manifest lists"));
  }
  for (int f = 0; f < output.files_size(); ++f) {
    absl::StatusOr<ByteSourcePtr> bytes = OpenFile(path_of(f));
    if (!bytes.ok() && (meant == f || !absl::IsNotFound(bytes.status()))) return bytes.status();
    audited.files.push_back(bytes.ok() ? *bytes : nullptr);
  }
  if (is_folder || IsStandardWeights(name)) {
    RETURN_IF_ERROR(FindOthers(output, folder.string(), name, audited));
  }
  return audited;
}

absl::Status CheckIsNotAudited(const std::string& path, const AuditedOutput& output) {
  for (const ByteSourcePtr& file : output.files) {
    std::error_code error;
    if (file != nullptr && fs::equivalent(path, file->name(), error) && !error) {
      return WouldOverwrite(path, "audited", "give another file");
    }
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
