#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/parallel_for.h"
#include "base/progress_report.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "verify/audit/audit.h"
#include "verify/compare/value_statistics.h"
#include "verify/digest/digest.h"
#include "verify/explain/describe_statistics.h"
#include "verify/manifest/manifest.h"
#include "verify/manifest/message_difference.h"

namespace weighbridge {
namespace {

// Bytes of a file that have a digest of their own: a tensor's, or a range of the container.
struct Part {
  int64_t offset = 0;
  int64_t size = 0;
  const OutputTensor* tensor = nullptr;  // None for a range.
  TensorSpec spec = {};
  std::string xxh3;
  // What was found.
  bool is_as_it_was = false;
  std::string statement = {};  // What the manifest says of a tensor's elements and is not so, though they are as they were.
};

// The parts of each file, by offset. What no format would say of itself (an offset or a size that is none) is left to the file's SHA-256.
std::vector<std::vector<Part>> PartsOf(const Output& output) {
  std::vector<std::vector<Part>> parts(static_cast<size_t>(output.files_size()));
  for (const OutputTensor& tensor : output.tensors()) {
    const std::optional<TensorSpec> spec = SpecOf(tensor);
    if (!tensor.has_offset() || tensor.file() < 0 || tensor.file() >= output.files_size() || !spec.has_value()) continue;
    parts[static_cast<size_t>(tensor.file())].push_back(
        {.offset = tensor.offset(), .size = ByteSizeOf(tensor), .tensor = &tensor, .spec = *spec, .xxh3 = tensor.content_xxh3()});
  }
  for (int f = 0; f < output.files_size(); ++f) {
    std::vector<Part>& of_file = parts[static_cast<size_t>(f)];
    for (const ContainerRange& range : output.files(f).container()) {
      of_file.push_back({.offset = range.offset(), .size = range.size(), .xxh3 = range.xxh3()});
    }
    std::erase_if(of_file, [](const Part& part) { return part.offset < 0 || part.size < 0 || part.size > INT64_MAX - part.offset; });
    std::stable_sort(of_file.begin(), of_file.end(), [](const Part& a, const Part& b) { return a.offset < b.offset; });
  }
  return parts;
}

// How often the bytes of a file may be read for tensors that share them: tied weights of a hundred layers.
constexpr int64_t kMostOverlap = 256;

bool LiesInside(const Part& part, const ByteSource& file) {
  return part.offset + part.size <= file.size();
}

std::string Bytes(int64_t begin, int64_t end) {
  return absl::StrCat("bytes ", begin, " to ", end - 1);
}

class FilesAudit {
 public:
  FilesAudit(const Manifest& manifest, absl::Span<const ByteSourcePtr> files, const AuditOptions& options)
      : manifest_(manifest),
        files_(files),
        options_(options),
        progress_(options.on_progress),
        sha256_(files.size()),
        parts_(PartsOf(manifest.output())) {
    for (size_t f = 0; f < files.size(); ++f) {
      if (files[f] == nullptr) continue;
      tasks_.push_back({files[f]->size(), [this, f] { return DigestWhole(f); }});
    }
    std::stable_sort(tasks_.begin(), tasks_.end(), [](const Task& a, const Task& b) { return a.bytes > b.bytes; });
    for (size_t f = 0; f < files.size(); ++f) {
      if (files[f] == nullptr) continue;
      int64_t left = files[f]->size() > INT64_MAX / kMostOverlap ? INT64_MAX : files[f]->size() * kMostOverlap;
      for (Part& part : parts_[f]) {
        if (!LiesInside(part, *files[f])) continue;
        tasks_.push_back({part.size, [this, f, &part] { return DigestPart(*files_[f], part); }});
        if (left >= 0) left -= part.size;
      }
      if (left < 0) overlapping_.push_back(f);
    }
  }

  int64_t TotalBytes() const {
    int64_t bytes = 0;
    for (const Task& task : tasks_) bytes += task.bytes;
    return bytes;
  }

  absl::StatusOr<std::vector<std::string>> Run() {
    if (!overlapping_.empty()) {
      return absl::ResourceExhaustedError(absl::StrCat(files_[overlapping_[0]]->name(),
                                                       ": the tensors that the manifest lists in it overlap; more than ", kMostOverlap,
                                                       " times its bytes would have to be read"));
    }
    absl::Status status = ParallelFor(static_cast<int64_t>(tasks_.size()), options_.threads, options_.stop,
                                      [&](int64_t index, int) { return tasks_[index].run(); });
    for (const ByteSourcePtr& file : files_) {
      if (file == nullptr) continue;
      RETURN_IF_ERROR(file->CheckUnchanged());
    }
    RETURN_IF_ERROR(status);
    std::vector<std::string> findings;
    for (size_t f = 0; f < files_.size(); ++f) Report(f, findings);
    return findings;
  }

 private:
  struct Task {
    int64_t bytes;
    std::function<absl::Status()> run;
  };

  absl::Status DigestWhole(size_t f) {
    ASSIGN_OR_RETURN(sha256_[f], DigestFile(*files_[f], {}, options_.stop, [this](int64_t bytes) { progress_.Add(bytes); }));
    return absl::OkStatus();
  }

  absl::Status DigestPart(const ByteSource& file, Part& part) {
    std::vector<char> buffer(static_cast<size_t>(std::min(kDigestChunk, part.size)));
    ChunkDigests chunks(DigestKind::kXxh3);
    ContentDigest sha256(part.spec, DigestKind::kSha256);
    ChunkValues values(part.spec.dtype);
    for (int64_t done = 0; done < part.size;) {
      const absl::Span<char> piece = absl::MakeSpan(buffer).subspan(0, static_cast<size_t>(std::min(kDigestChunk, part.size - done)));
      RETURN_IF_ERROR(file.ReadAt(part.offset + done, piece));
      const absl::string_view bytes(piece.data(), piece.size());
      chunks.Update(bytes);
      if (part.tensor != nullptr) sha256.Update(bytes), values.Update(bytes);
      done += static_cast<int64_t>(piece.size());
    }
    const std::string digests = chunks.Finish().value();  // XXH3 never fails.
    progress_.Add(part.size);
    part.is_as_it_was =
        part.xxh3 == (part.tensor != nullptr ? ContentDigestOfChunks(DigestKind::kXxh3, part.spec, digests).value() : digests);
    if (part.tensor == nullptr || !part.is_as_it_was) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::string content, sha256.Finish());
    ValueSums sums;
    for (const ValueSums& chunk : values.Finish()) sums.Add(chunk);
    if (content != part.tensor->content_sha256()) {
      part.statement = "its elements have another SHA-256";
    } else if (const auto difference = FirstDifference(part.tensor->values(), DescribeValues(sums)); difference.has_value()) {
      part.statement = absl::StrCat("of its values ", difference->path, " is ", difference->left, " in the manifest and ",
                                    difference->right, " in the file");
    }
    return absl::OkStatus();
  }

  void Report(size_t f, std::vector<std::string>& findings) const {
    const File& file = manifest_.output().files(static_cast<int>(f));
    if (files_[f] == nullptr) {
      findings.push_back(absl::StrCat(file.name(), ": is missing"));
      return;
    }
    const size_t before = findings.size();
    if (files_[f]->size() != file.size()) {
      findings.push_back(absl::StrCat(file.name(), ": has ", files_[f]->size(), " bytes and should have ", file.size()));
    }
    for (size_t p = 0; p < parts_[f].size(); ++p) {
      if (!parts_[f][p].is_as_it_was) findings.push_back(absl::StrCat(file.name(), ": ", Describe(f, p)));
    }
    const bool same = sha256_[f] == file.sha256();
    const size_t changed = findings.size();
    for (const Part& part : parts_[f]) {
      if (!part.statement.empty())
        findings.push_back(absl::StrCat(file.name(), ": tensor \"", part.tensor->name(), "\": ", part.statement));
    }
    if (same && changed > before) {
      findings.push_back(
          absl::StrCat(file.name(), ": has the SHA-256 that the manifest says all the same: the manifest contradicts itself"));
    } else if (!same && changed == before) {
      findings.push_back(absl::StrCat(
          file.name(), ": has another SHA-256, though all its parts have the XXH3 that the manifest says: that is no accident"));
    }
  }

  // "tensor "a", bytes 8 to 15: …", "bytes 0 to 7, before tensor "a": …".
  std::string Describe(size_t f, size_t p) const {
    const Part& part = parts_[f][p];
    const std::string bytes = Bytes(part.offset, part.offset + part.size);
    const absl::string_view what = LiesInside(part, *files_[f]) ? "not what they were" : "cut off";
    if (part.tensor != nullptr) return absl::StrCat("tensor \"", part.tensor->name(), "\", ", bytes, ": its elements are ", what);
    const auto next =
        std::find_if(parts_[f].begin() + static_cast<int64_t>(p), parts_[f].end(), [](const Part& a) { return a.tensor != nullptr; });
    const std::string place = next == parts_[f].end() ? "" : absl::StrCat(", before tensor \"", next->tensor->name(), "\"");
    return absl::StrCat("container, ", bytes, place, ": the bytes are ", what);
  }

  const Manifest& manifest_;
  absl::Span<const ByteSourcePtr> files_;
  const AuditOptions& options_;
  ProgressReport progress_;
  std::vector<Task> tasks_;
  std::vector<std::string> sha256_;       // One per file.
  std::vector<std::vector<Part>> parts_;  // Of each file.
  std::vector<size_t> overlapping_;       // Files.
};

}  // namespace

absl::StatusOr<std::vector<std::string>> AuditFiles(const Manifest& manifest, absl::Span<const ByteSourcePtr> files,
                                                    const AuditOptions& options) {
  return FilesAudit(manifest, files, options).Run();
}

int64_t AuditBytes(const Manifest& manifest, absl::Span<const ByteSourcePtr> files) {
  const AuditOptions options;
  return FilesAudit(manifest, files, options).TotalBytes();
}

}  // namespace weighbridge
