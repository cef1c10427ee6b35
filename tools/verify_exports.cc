#include "tools/verify_exports.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/file_descriptor.h"
#include "base/status.h"
#include "convert/check_not_read.h"
#include "convert/output_folder.h"
#include "formats/bytes/output_file.h"
#include "formats/directory/file_role.h"
#include "proto/manifest.pb.h"
#include "verify/manifest/attestation.h"
#include "verify/manifest/manifest.h"
#include "verify/report/report.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

absl::Status WriteFile(const std::string& path, absl::string_view bytes, bool overwrite) {
  if (path.empty()) return absl::OkStatus();
  OutputFolder folder(std::filesystem::path(path).parent_path().string(), overwrite);
  RETURN_IF_ERROR(folder.Prepare(1));
  absl::StatusOr<std::unique_ptr<OutputFile>> file =
      folder.Create(std::filesystem::path(path).filename().string(), static_cast<int64_t>(bytes.size()));
  if (!file.ok()) return file.status();
  RETURN_IF_ERROR((*file)->WriteAt(0, bytes));
  return folder.Publish({file->get()}, [] { return std::vector<std::string>(); });
}

bool IsSameFile(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return fs::equivalent(a, b, error) && !error;
}

// Whether it is `read`, or weights that stand in that folder or beside that file.
bool IsReadWith(const fs::path& path, const fs::path& read) {
  if (IsSameFile(path, read)) return true;
  std::error_code error;
  if (!fs::exists(path, error) || RoleOf(path.filename().string()).kind == FileRole::Kind::kNone) return false;
  const auto folder = [](const fs::path& of) { return of.has_parent_path() ? of.parent_path() : fs::path("."); };
  return IsSameFile(folder(path), read) || (fs::is_regular_file(read, error) && IsSameFile(folder(path), folder(read)));
}

// What stood there before an answer that is another.
absl::Status RemoveOlder(const std::string& path, bool overwrite) {
  std::error_code error;
  if (!path.empty() && overwrite) std::filesystem::remove(path, error);
  if (!error) return absl::OkStatus();
  return SystemError(error.value(), "removing", path);
}

}  // namespace

std::vector<std::string> VerifyExports::Paths() const {
  std::vector<std::string> paths;
  for (const std::string* path : {&manifest, &attestation, &report}) {
    if (!path->empty()) paths.push_back(*path);
  }
  return paths;
}

absl::Status CheckExports(const VerifyExports& exports, const std::vector<std::string>& read) {
  std::set<std::string> seen;
  for (const std::string& path : exports.Paths()) {
    if (!seen.insert(path).second) return absl::InvalidArgumentError(absl::StrCat(path, " is wanted for two things"));
    for (const std::string& other : read) {
      if (!IsReadWith(path, other)) continue;
      return WouldOverwrite(path, "read here", "give another file");
    }
    RETURN_IF_ERROR(OutputFile::CheckTarget(path, exports.overwrite));
  }
  return absl::OkStatus();
}

absl::Status WriteExports(const VerifyExports& exports, const Manifest& manifest, const ExportedAnswer& answer) {
  const std::string bytes = SerializeManifest(manifest);
  const bool has_manifest = answer.is_yes || answer.is_judged_now;
  absl::Status status =
      has_manifest ? WriteFile(exports.manifest, bytes, exports.overwrite) : RemoveOlder(exports.manifest, exports.overwrite);
  if (status.ok() && !answer.is_yes) status = RemoveOlder(exports.attestation, exports.overwrite);
  if (status.ok() && answer.is_yes && !exports.attestation.empty()) {
    absl::StatusOr<std::string> attestation = MakeAttestation(manifest, bytes);
    status = attestation.ok() ? WriteFile(exports.attestation, *attestation, exports.overwrite) : attestation.status();
  }
  if (!status.ok() || exports.report.empty()) return status;
  absl::StatusOr<std::string> report = has_manifest ? RenderReport(manifest, answer.reasons) : RenderRefusal(manifest, answer.reasons);
  return report.ok() ? WriteFile(exports.report, *report, exports.overwrite) : report.status();
}

absl::Status RemoveExports(const VerifyExports& exports) {
  for (const std::string& path : exports.Paths()) {
    RETURN_IF_ERROR(RemoveOlder(path, exports.overwrite));
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
