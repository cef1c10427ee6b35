#include "fetch/check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/parallel_for.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/damage.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/disk/regular_file.h"
#include "fetch/lock/lock_file.h"
#include "fetch/lock/lock_paths.h"
#include "fetch/lock/target_path.h"
#include "fetch/resolve.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

using Kind = CheckFinding::Kind;

// What is wrong with one file; an empty path when nothing is. Fails when it cannot be measured.
absl::StatusOr<CheckFinding> CheckOne(const RelativePath& target, const LockedFile& file, const std::string& folder,
                                      const CheckOptions& options) {
  const std::string& path = target.text();
  const auto on_bytes = [&](int64_t count) {
    options.on_bytes(count);
    return !*options.stop;
  };
  const absl::StatusOr<MeasuredFile> found = MeasureFile(JoinPath(folder, target), Links::kFollow, HashesOf(file), on_bytes);
  if (absl::IsNotFound(found.status())) return CheckFinding{.kind = Kind::kMissing, .path = path, .detail = "", .damaged = {}};
  // What is no file (a folder, a FIFO, a link to itself) is damage; what cannot be measured is no answer.
  if (!found.ok() && !absl::IsFailedPrecondition(found.status())) return found.status();
  if (!found.ok()) {
    return CheckFinding{.kind = Kind::kDamaged, .path = path, .detail = std::string(found.status().message()), .damaged = {}};
  }
  if (file.has_size() && file.size() != found->size) {
    return CheckFinding{.kind = Kind::kDamaged,
                        .path = path,
                        .detail = absl::StrCat("it has ", found->size, " bytes, expected ", file.size()),
                        .damaged = {}};
  }
  absl::Status status = CheckMeasured(HashesOf(file), found->digests);
  if (status.ok()) status = CheckNotRefused(file, found->digests.hashes.sha256);
  if (!status.ok()) {
    std::vector<ByteRange> damaged = file.chunk_xxh3().empty() ? std::vector<ByteRange>() : DamagedRanges(file, *found);
    return CheckFinding{.kind = Kind::kDamaged, .path = path, .detail = std::string(status.message()), .damaged = std::move(damaged)};
  }
  if (!HashesOf(file).empty()) return CheckFinding{};
  return CheckFinding{.kind = Kind::kUnverified,
                      .path = path,
                      .detail = absl::StrCat("nobody stated a hash; its sha256 is ", found->digests.hashes.sha256),
                      .damaged = {}};
}

absl::Status AddExtras(const std::set<std::string>& known, const std::string& folder, std::vector<CheckFinding>& findings) {
  std::error_code error;
  if (!fs::exists(folder, error)) return absl::OkStatus();
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory(error)) continue;
    const std::string path = it->path().lexically_relative(folder).generic_string();
    if (path == kLockName || known.contains(path)) continue;
    findings.push_back({.kind = Kind::kExtra, .path = path, .detail = "", .damaged = {}});
  }
  return error ? absl::FailedPreconditionError(absl::StrCat(folder, ": ", error.message())) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<CheckFinding>> CheckFolder(const WeightsLock& lock, const std::string& folder, const CheckOptions& options) {
  std::vector<CheckFinding> findings;
  std::vector<const LockedFile*> files;
  std::vector<RelativePath> targets;
  std::set<std::string> known;
  for (const WeightsSource& source : lock.sources()) {
    for (const LockedFile& file : source.files()) {
      ASSIGN_OR_RETURN(RelativePath target, TargetOf(source, file));
      files.push_back(&file);
      known.insert(target.text());
      targets.push_back(std::move(target));
    }
  }
  std::vector<CheckFinding> results(files.size());
  RETURN_IF_ERROR(ParallelFor(static_cast<int64_t>(files.size()), options.threads, options.stop, [&](int64_t index, int) {
    const auto i = static_cast<size_t>(index);
    ASSIGN_OR_RETURN(results[i], CheckOne(targets[i], *files[i], folder, options));
    return absl::OkStatus();
  }));
  for (CheckFinding& finding : results) {
    if (!finding.path.empty()) findings.push_back(std::move(finding));
  }
  RETURN_IF_ERROR(AddExtras(known, folder, findings));
  std::sort(findings.begin(), findings.end(), [](const CheckFinding& a, const CheckFinding& b) { return a.path < b.path; });
  return findings;
}

}  // namespace weighbridge
