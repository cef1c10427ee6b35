#include "formats/safetensors/read_safetensors.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/json/visit_json.h"
#include "formats/safetensors/dtype_codes.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

// What the header says of one tensor.
struct Entry {
  std::string name;
  std::optional<DType> dtype;
  std::optional<Shape> shape;
  std::vector<int64_t> data_offsets;
};

struct Header {
  std::map<std::string, std::string> metadata;
  std::vector<Entry> entries;  // In the order of the text.
};

absl::Status WithTensor(absl::string_view name, const absl::Status& status) {
  return Annotate(status, absl::StrCat("tensor \"", name, "\""));
}

template <typename T>
absl::Status Expect(absl::string_view what, const JsonValue& value, absl::string_view expected) {
  if (std::holds_alternative<T>(value)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(what, " is ", JsonKind(value), ", not ", expected));
}

absl::Status AddMetadata(absl::Span<const std::string> path, const JsonValue& value, Header& header) {
  if (path.size() == 1 && std::holds_alternative<JsonNull>(value)) return absl::OkStatus();  // As the reference.
  if (path.size() == 1) return Expect<JsonObject>("__metadata__", value, "an object");
  RETURN_IF_ERROR(Expect<std::string>(absl::StrCat("__metadata__ \"", path[1], "\""), value, "a text"));
  header.metadata.emplace(path[1], std::get<std::string>(value));
  return absl::OkStatus();
}

absl::Status AddItem(absl::string_view field, const JsonValue& value, std::vector<int64_t>& items) {
  const std::string what = absl::StrCat("a member of ", field);
  RETURN_IF_ERROR(Expect<uint64_t>(what, value, "a whole number"));
  const uint64_t item = std::get<uint64_t>(value);
  if (item > INT64_MAX) return absl::DataLossError(absl::StrCat(what, ", ", item, ", exceeds 2^63"));
  items.push_back(static_cast<int64_t>(item));
  return absl::OkStatus();
}

// A field of a tensor, or what lies below one.
absl::Status AddField(absl::Span<const std::string> path, const JsonValue& value, Entry& entry) {
  const absl::string_view field = path[0];
  if (field == "dtype") {
    RETURN_IF_ERROR(Expect<std::string>(field, value, "a text"));
    absl::StatusOr<DTypeCode> code = DecodeDType(std::get<std::string>(value));
    if (code.ok()) entry.dtype = code->dtype;
    return code.status();
  }
  if (field != "shape" && field != "data_offsets") return absl::OkStatus();
  if (path.size() > 1) return AddItem(field, value, field == "shape" ? *entry.shape : entry.data_offsets);
  if (field == "shape") entry.shape.emplace();
  return Expect<JsonArray>(field, value, "an array");
}

// The last entry, which is finished, has what it needs.
absl::Status CheckLastEntry(const Header& header) {
  if (header.entries.empty()) return absl::OkStatus();
  const Entry& entry = header.entries.back();
  std::string wrong;
  if (!entry.dtype) wrong = "its entry has no dtype";
  if (!entry.shape) wrong = "its entry has no shape";
  if (entry.data_offsets.size() != 2) wrong = absl::StrCat("its entry has ", entry.data_offsets.size(), " data_offsets, not 2");
  return wrong.empty() ? absl::OkStatus() : WithTensor(entry.name, absl::DataLossError(wrong));
}

absl::Status AddToHeader(absl::Span<const std::string> path, const JsonValue& value, Header& header) {
  if (path.empty()) return Expect<JsonObject>("the header", value, "an object");
  if (path[0] == "__metadata__") return AddMetadata(path, value, header);
  absl::Status status;
  if (path.size() == 1) {
    // Checked now and not at the end: millions of empty entries are refused before they are kept.
    if (status = CheckLastEntry(header); !status.ok()) return status;
    header.entries.push_back({.name = path[0], .dtype = {}, .shape = {}, .data_offsets = {}});
    status = Expect<JsonObject>("its entry", value, "an object");
  } else {
    status = AddField(path.subspan(1), value, header.entries.back());
  }
  return status.ok() ? status : WithTensor(path[0], status);
}

// The tensor of an entry whose bytes must begin at `begin` of data that starts at `data_begin` of the source.
absl::StatusOr<StoredTensor> MakeTensor(Entry& entry, const ByteSourcePtr& source, int64_t data_begin, int64_t begin) {
  TensorSpec spec{.dtype = *entry.dtype, .shape = *std::move(entry.shape)};
  ASSIGN_OR_RETURN(int64_t size, ByteSize(spec));
  const int64_t stated_begin = entry.data_offsets[0];
  const int64_t stated_end = entry.data_offsets[1];
  if (stated_end < stated_begin || stated_end - stated_begin != size) {
    return absl::DataLossError(
        absl::StrCat(ToString(spec), " has ", size, " bytes; its data_offsets are [", stated_begin, ", ", stated_end, "]"));
  }
  if (stated_begin != begin) {
    return absl::DataLossError(absl::StrCat("its data_offsets begin at ", stated_begin, "; the tensors before it end at ", begin,
                                            ", and data has neither gaps nor overlaps"));
  }
  return StoredTensor::CreateRowMajor(std::move(spec), source, data_begin + begin);
}

absl::StatusOr<Header> ReadHeader(ByteCursor& cursor, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(int64_t size, cursor.ReadSize());
  if (size > limits.json_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat("the header has ", size, " bytes; the limit is ", limits.json_bytes));
  }
  ASSIGN_OR_RETURN(std::string text, cursor.ReadString(size));
  Header header;
  absl::Status status = VisitJson(
      text, limits.nesting, [&](absl::Span<const std::string> path, const JsonValue& value) { return AddToHeader(path, value, header); });
  if (!status.ok()) return Annotate(status, "header");
  if (status = CheckLastEntry(header); !status.ok()) return status;
  return header;
}

absl::Status AddTensors(std::vector<Entry> entries, const ByteSourcePtr& source, int64_t data_begin, Checkpoint& checkpoint) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.data_offsets < b.data_offsets; });
  int64_t end = 0;
  for (Entry& entry : entries) {
    ASSIGN_OR_RETURN(StoredTensor tensor, MakeTensor(entry, source, data_begin, end), WithTensor(entry.name, _));
    end = entry.data_offsets[1];
    CheckpointTensor row{.name = std::move(entry.name), .tensor = std::move(tensor), .tensor_name = ""};
    RETURN_IF_ERROR(checkpoint.Add(std::move(row)));
  }
  if (data_begin + end != source->size()) {
    return absl::DataLossError(absl::StrCat("the last tensor ends at ", data_begin + end, ", the file at ", source->size()));
  }
  return absl::OkStatus();
}

absl::Status ReadInto(const ByteSourcePtr& source, const ReadLimits& limits, Checkpoint& checkpoint) {
  ByteCursor cursor(*source);
  ASSIGN_OR_RETURN(Header header, ReadHeader(cursor, limits));
  checkpoint.metadata = std::move(header.metadata);
  return AddTensors(std::move(header.entries), source, cursor.position(), checkpoint);
}

}  // namespace

absl::StatusOr<Checkpoint> ReadSafetensors(ByteSourcePtr source, const ReadLimits& limits) {
  Checkpoint checkpoint;
  checkpoint.path = source->name();
  checkpoint.format = "safetensors";
  checkpoint.is_ordered = false;
  absl::Status status = ReadInto(source, limits, checkpoint);
  if (status.ok()) return checkpoint;
  // Sources and cursors have said already what they read.
  const std::string prefix = absl::StrCat("reading ", source->name(), ": ");
  return absl::StartsWith(status.message(), prefix) ? status : absl::Status(status.code(), absl::StrCat(prefix, status.message()));
}

}  // namespace weighbridge
