#include "tools/inspect.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/parallel_for.h"
#include "base/printable.h"
#include "base/status.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "formats/json/quote_json.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "re2/re2.h"
#include "tools/byte_count.h"
#include "tools/tool.h"
#include "verify/digest/digest.h"

namespace weighbridge {
namespace {

// Tensors that are shown, and their digests in hexadecimal where they are wanted.
struct Listing {
  std::vector<const CheckpointTensor*> tensors;
  std::vector<std::string> digests;
};

absl::StatusOr<std::vector<const CheckpointTensor*>> Select(const Checkpoint& checkpoint, const std::string& match) {
  const RE2 name(match, RE2::Quiet);
  if (!name.ok()) return absl::InvalidArgumentError(absl::StrCat("--match=", match, ": ", name.error()));
  std::vector<const CheckpointTensor*> selected;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    if (RE2::PartialMatch(tensor.name, name)) selected.push_back(&tensor);
  }
  if (!match.empty() && selected.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("--match=", match, ": no tensor has a name that matches"));
  }
  return selected;
}

template <typename Digest>
absl::StatusOr<std::string> DigestTensor(const StoredTensor& tensor, Digest& digest, int64_t memory) {
  RETURN_IF_ERROR(ForEachPiece(tensor, memory, [&](absl::string_view piece) { digest.Update(piece); }));
  absl::StatusOr<std::string> finished = digest.Finish();
  if (!finished.ok()) return finished;
  return absl::BytesToHexString(*finished);
}

absl::StatusOr<std::vector<std::string>> Digests(const std::vector<const CheckpointTensor*>& tensors, const InspectOptions& options) {
  std::vector<std::string> digests(tensors.size());
  const int64_t memory = options.common.resources.memory / options.common.resources.threads;
  RETURN_IF_ERROR(ParallelFor(static_cast<int64_t>(tensors.size()), options.common.resources.threads, options.common.resources.stop,
                              [&](int64_t index, int) -> absl::Status {
                                const StoredTensor& tensor = tensors[index]->tensor;
                                absl::StatusOr<std::string> digest;
                                if (options.digest == InspectOptions::Digest::kSha256) {
                                  Sha256 sha256;
                                  digest = DigestTensor(tensor, sha256, memory);
                                } else {
                                  ContentDigest xxh3(tensor.spec());
                                  digest = DigestTensor(tensor, xxh3, memory);
                                }
                                if (!digest.ok()) return Annotate(digest.status(), absl::StrCat("tensor \"", tensors[index]->name, "\""));
                                digests[index] = *std::move(digest);
                                return absl::OkStatus();
                              }));
  return digests;
}

// Of each checksummed range that a shown tensor lies in, and of those in which none lies.
absl::Status CheckChecksums(const Checkpoint& checkpoint, const std::vector<const CheckpointTensor*>& tensors,
                            const CommonOptions& common) {
  const auto holds = [](const ChecksummedRange& range, const StoredTensor& tensor) {
    return tensor.source() == range.source && tensor.byte_size() > 0 && tensor.offset() >= range.offset &&
           tensor.offset() < range.offset + range.size;
  };
  std::vector<const ChecksummedRange*> ranges;
  std::map<std::pair<const ByteSource*, int64_t>, const ChecksummedRange*> by_offset;
  for (const ChecksummedRange& range : checkpoint.checksums) {
    by_offset[{range.source.get(), range.offset}] = &range;
    if (!range.has_tensors) ranges.push_back(&range);
  }
  for (const CheckpointTensor* tensor : tensors) {
    auto found = by_offset.upper_bound({tensor->tensor.source().get(), tensor->tensor.offset()});
    if (found == by_offset.begin()) continue;
    --found;
    if (holds(*found->second, tensor->tensor)) ranges.push_back(found->second);
  }
  std::sort(ranges.begin(), ranges.end());
  ranges.erase(std::unique(ranges.begin(), ranges.end()), ranges.end());
  return ParallelFor(static_cast<int64_t>(ranges.size()), common.resources.threads, common.resources.stop,
                     [&](int64_t index, int) { return CheckRange(*ranges[index]); });
}

// First of what is not listed.
std::vector<std::string> RemarksOn(const Checkpoint& checkpoint) {
  std::vector<std::string> remarks = checkpoint.unlisted;
  remarks.insert(remarks.end(), checkpoint.remarks.begin(), checkpoint.remarks.end());
  return remarks;
}

absl::StatusOr<std::string> Json(const Checkpoint& checkpoint, const Listing& listing) {
  // Quotes a text; the first that is no UTF-8 makes the whole listing fail.
  absl::Status status;
  const auto quote = [&](absl::string_view text) {
    absl::StatusOr<std::string> quoted = QuoteJson(text);
    status.Update(quoted.status());
    return quoted.ok() ? *std::move(quoted) : std::string();
  };
  std::string json = absl::StrCat("{\"path\": ", quote(checkpoint.path), ", \"format\": ", quote(checkpoint.format), ", \"metadata\": {");
  absl::StrAppend(&json, absl::StrJoin(checkpoint.metadata, ", ", [&](std::string* out, const auto& entry) {
    absl::StrAppend(out, quote(entry.first), ": ", quote(entry.second));
  }));
  absl::StrAppend(&json, "}, \"remarks\": [",
                  absl::StrJoin(RemarksOn(checkpoint), ", ",
                                [&](std::string* out, const std::string& remark) { absl::StrAppend(out, quote(Printable(remark))); }),
                  "], \"tensors\": [");
  for (size_t i = 0; i < listing.tensors.size(); ++i) {
    const StoredTensor& tensor = listing.tensors[i]->tensor;
    absl::StrAppend(&json, i == 0 ? "\n" : ",\n", "{\"name\": ", quote(listing.tensors[i]->name), ", \"dtype\": \"",
                    DTypeName(tensor.spec().dtype), "\", \"shape\": ", ShapeToString(tensor.spec().shape),
                    ", \"bytes\": ", tensor.byte_size(), ", \"digest\": ", listing.digests.empty() ? "null" : quote(listing.digests[i]),
                    "}");
  }
  absl::StrAppend(&json, "]}\n");
  if (!status.ok()) return status;
  return json;
}

std::string Text(const Checkpoint& checkpoint, const Listing& listing) {
  size_t name_width = 0;
  size_t dtype_width = 0;
  for (const CheckpointTensor* tensor : listing.tensors) {
    name_width = std::max(name_width, Printable(tensor->name).size());
    dtype_width = std::max(dtype_width, DTypeName(tensor->tensor.spec().dtype).size());
  }
  const auto pad = [](size_t width, size_t used) { return std::string(width > used ? width - used : 0, ' '); };
  std::string text;
  int64_t elements = 0;
  int64_t bytes = 0;
  std::map<absl::string_view, int64_t> dtypes;
  for (size_t i = 0; i < listing.tensors.size(); ++i) {
    const StoredTensor& tensor = listing.tensors[i]->tensor;
    const std::string name = Printable(listing.tensors[i]->name);
    const absl::string_view dtype = DTypeName(tensor.spec().dtype);
    absl::StrAppend(&text, name, pad(name_width, name.size()), "  ", dtype, pad(dtype_width, dtype.size()), "  ",
                    ShapeToString(tensor.spec().shape));
    absl::StrAppend(&text, listing.digests.empty() ? "" : "  ", listing.digests.empty() ? "" : listing.digests[i], "\n");
    elements += tensor.element_count();
    bytes += tensor.byte_size();
    ++dtypes[dtype];
  }
  for (const std::string& remark : RemarksOn(checkpoint)) absl::StrAppend(&text, "remark: ", Printable(remark), "\n");
  absl::StrAppend(&text, checkpoint.format, ": ", listing.tensors.size(), " tensors, ", elements, " elements, ", bytes, " bytes (",
                  ReadableBytes(bytes), ")");
  for (const auto& [dtype, count] : dtypes) absl::StrAppend(&text, ", ", count, " ", dtype);
  return absl::StrCat(text, "\n");
}

}  // namespace

absl::StatusOr<InspectOptions::Format> ParseInspectFormat(const std::string& text) {
  if (text == "text") return InspectOptions::Format::kText;
  if (text == "json") return InspectOptions::Format::kJson;
  return absl::InvalidArgumentError(absl::StrCat("--format=", text, ": expected text or json"));
}

absl::StatusOr<InspectOptions::Digest> ParseInspectDigest(const std::string& text) {
  if (text == "none") return InspectOptions::Digest::kNone;
  if (text == "xxh3") return InspectOptions::Digest::kXxh3;
  if (text == "sha256") return InspectOptions::Digest::kSha256;
  return absl::InvalidArgumentError(absl::StrCat("--digest=", text, ": expected none, xxh3 or sha256"));
}

absl::StatusOr<bool> Inspect(const InspectOptions& options, std::ostream& out) {
  ReadLimits limits;
  limits.opaque_objects = options.opaque;
  ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(options.path, limits));
  ASSIGN_OR_RETURN(std::vector<const CheckpointTensor*> tensors, Select(checkpoint, options.match));
  Listing listing{.tensors = std::move(tensors), .digests = {}};
  if (options.digest != InspectOptions::Digest::kNone) {
    RETURN_IF_ERROR(CheckChecksums(checkpoint, listing.tensors, options.common));
    ASSIGN_OR_RETURN(listing.digests, Digests(listing.tensors, options));
  }
  if (options.format == InspectOptions::Format::kText) {
    out << Text(checkpoint, listing);
    return true;
  }
  ASSIGN_OR_RETURN(std::string json, Json(checkpoint, listing));
  out << json;
  return true;
}

}  // namespace weighbridge
