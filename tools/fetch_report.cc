#include "tools/fetch_report.h"

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <numeric>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/printable.h"
#include "fetch/check.h"
#include "fetch/damage.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/fetch_file.h"
#include "fetch/lock/wanted_weights.h"
#include "fetch/resolve.h"
#include "formats/json/quote_json.h"
#include "proto/weights_lock.pb.h"
#include "tools/byte_count.h"

namespace weighbridge {
namespace {

// File names may be no UTF-8; then JSON gets them as they are printed.
std::string Json(absl::string_view text) {
  absl::StatusOr<std::string> quoted = QuoteJson(text);
  return quoted.ok() ? *std::move(quoted) : QuoteJson(Printable(text)).value();
}

absl::string_view HowText(FetchedFile::How how) {
  switch (how) {
    case FetchedFile::How::kWasThere:
      return "there";
    case FetchedFile::How::kCached:
      return "cached";
    case FetchedFile::How::kFetched:
      return "fetched";
    case FetchedFile::How::kMended:
      return "mended";
  }
  return "";
}

// Against what a file was verified (docs/spec/fetching.md R22).
absl::string_view VerifiedText(const FileTask& task) {
  if (task.remote.hashes.empty()) return "unverified: nobody states a hash; the lock has it now";
  return task.hash_from_source ? "verified by what its source states" : "verified";
}

absl::string_view KindText(CheckFinding::Kind kind) {
  switch (kind) {
    case CheckFinding::Kind::kMissing:
      return "missing";
    case CheckFinding::Kind::kExtra:
      return "extra";
    case CheckFinding::Kind::kDamaged:
      return "damaged";
    case CheckFinding::Kind::kUnverified:
      return "unverified";
  }
  return "";
}

std::string HashText(const Hashes& hashes) {
  if (!hashes.sha256.empty()) return absl::StrCat("sha256 ", hashes.sha256);
  if (!hashes.git_sha1.empty()) return absl::StrCat("git sha1 ", hashes.git_sha1);
  return hashes.md5.empty() ? "no hash known" : absl::StrCat("md5 ", hashes.md5);
}

}  // namespace

void FetchReport::Add(const FileTask& task, const absl::StatusOr<FetchedFile>& result) {
  if (!result.ok()) {
    // The first failure is the program's last line.
    if (!quiet_ && !absl::IsCancelled(result.status())) std::cerr << "failed: " << Printable(result.status().message()) << "\n";
    return;
  }
  ++files_;
  bytes_ += result->measured.size;
  received_ += result->received;
  unverified_ += task.remote.hashes.empty() ? 1 : 0;
  const std::string& sha256 = result->measured.digests.hashes.sha256;
  if (json_) {
    absl::StrAppend(&rows_, rows_.empty() ? "" : ", ", "{\"path\": ", Json(task.remote.path), ", \"result\": \"", HowText(result->how),
                    "\", \"bytes\": ", result->measured.size, ", \"received\": ", result->received, ", \"sha256\": \"", sha256,
                    "\", \"verified\": ", task.remote.hashes.empty() ? "false" : "true", ", \"uri\": ", Json(result->from), "}");
    return;
  }
  out_ << HowText(result->how) << "  " << Printable(task.remote.path) << "  " << ReadableBytes(result->measured.size) << "  sha256 "
       << sha256 << "  " << VerifiedText(task) << "\n";
}

void FetchReport::Finish(const NextSteps& steps) {
  if (json_) {
    const auto quote = [](std::string* text, const std::string& note) { text->append(Json(note)); };
    out_ << "{\"files\": [" << rows_ << "], \"received\": " << received_ << ", \"next\": ["
         << (steps.command.empty() ? "" : Json(steps.command)) << "], \"notes\": [" << absl::StrJoin(steps.notes, ", ", quote) << "]}\n";
    return;
  }
  out_ << files_ << " files, " << ReadableBytes(bytes_) << ", " << ReadableBytes(received_) << " received";
  if (unverified_ > 0) out_ << ", " << unverified_ << " unverified";
  out_ << "\n";
  if (!steps.command.empty()) out_ << "next: " << Printable(steps.command) << "\n";
  for (const std::string& note : steps.notes) out_ << "note: " << Printable(note) << "\n";
}

void PrintPlan(const std::vector<FileTask>& tasks, const std::vector<int64_t>& needed, bool json, std::ostream& out) {
  std::string rows;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const FileTask& task = tasks[i];
    const int64_t bytes = needed[i];
    if (json) {
      absl::StrAppend(&rows, rows.empty() ? "" : ", ", "{\"path\": ", Json(task.remote.path), ", \"bytes\": ", task.remote.size,
                      ", \"sha256\": \"", task.remote.hashes.sha256, "\", \"needed\": ", bytes,
                      ", \"uri\": ", Json(task.remote.uri.ToString()), "}");
    } else {
      out << (bytes == 0 && task.remote.size > 0 ? "there" : "fetch") << "  " << Printable(task.remote.path) << "  "
          << ReadableBytes(task.remote.size) << "  " << HashText(task.remote.hashes) << "  " << Printable(task.remote.uri.ToString())
          << "\n";
    }
  }
  const int64_t all = std::accumulate(needed.begin(), needed.end(), int64_t{0});
  if (json) {
    out << "{\"files\": [" << rows << "], \"needed\": " << all << "}\n";
  } else {
    out << tasks.size() << " files, " << ReadableBytes(all) << " to be fetched\n";
  }
}

void PrintFindings(const WeightsLock& lock, const std::vector<CheckFinding>& findings, bool json, std::ostream& out) {
  std::string rows;
  for (const CheckFinding& finding : findings) {
    const std::string where = RangesText(finding.damaged);
    if (json) {
      absl::StrAppend(&rows, rows.empty() ? "" : ", ", "{\"path\": ", Json(finding.path), ", \"finding\": \"", KindText(finding.kind),
                      "\", \"detail\": ", Json(finding.detail), ", \"bytes\": ", Json(where), "}");
      continue;
    }
    out << KindText(finding.kind) << "  " << Printable(finding.path);
    if (!finding.detail.empty()) out << "  " << Printable(finding.detail);
    if (!where.empty()) out << "; damaged are bytes " << where << ", which fetch --overwrite fetches again";
    out << "\n";
  }
  int64_t files = 0;
  for (const WeightsSource& source : lock.sources()) files += source.files_size();
  if (json) {
    out << "{\"files\": " << files << ", \"findings\": [" << rows << "]}\n";
  } else {
    out << files << " files, " << findings.size() << " findings\n";
  }
}

}  // namespace weighbridge
