#include "formats/numpy/read_numpy.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "base/utf8.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/element_source.h"
#include "formats/checkpoint.h"
#include "formats/numpy/npy_header.h"
#include "formats/pickle/text.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/zip/note_archive.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kExtension = ".npy";
// What stands before a header's text, at most.
constexpr int64_t kPreamble = 12;

std::vector<int64_t> ColumnMajorStrides(Shape shape) {
  std::reverse(shape.begin(), shape.end());
  std::vector<int64_t> strides = RowMajorStrides(shape);
  std::reverse(strides.begin(), strides.end());
  return strides;
}

// The array of the .npy file that `file` is, and how many bytes follow it there.
absl::StatusOr<std::pair<StoredTensor, int64_t>> Store(const NpyHeader& header, const SourceRange& file) {
  ASSIGN_OR_RETURN(const int64_t size, ByteSize(header.spec));
  const int64_t rest = file.size - header.data_offset - size;
  if (rest < 0) {
    return absl::DataLossError(
        absl::StrCat(ToString(header.spec), " has ", size, " bytes, the file holds ", file.size - header.data_offset));
  }
  ByteSourcePtr data = file.source;
  int64_t offset = file.offset + header.data_offset;
  if (header.big_endian) {
    ASSIGN_OR_RETURN(data, MakeSwappedSource(data->name(), data, offset, size, NumberSize(header.spec.dtype)));
    offset = 0;
  }
  std::vector<int64_t> strides = header.fortran_order ? ColumnMajorStrides(header.spec.shape) : RowMajorStrides(header.spec.shape);
  ASSIGN_OR_RETURN(StoredTensor tensor, StoredTensor::Create(header.spec, std::move(data), offset, std::move(strides)));
  return std::pair(std::move(tensor), rest);
}

absl::Status AddMember(const ZipArchive& archive, const ZipMember& member, const ReadLimits& limits, Checkpoint& checkpoint) {
  if (!absl::EndsWith(member.name, kExtension)) return absl::UnimplementedError("it is not an .npy file");
  if (member.name_is_utf8 && !IsUtf8(member.name)) return absl::DataLossError("its name is not UTF-8, as its flags say");
  const bool is_ascii = std::all_of(member.name.begin(), member.name.end(), [](char c) { return absl::ascii_isascii(c); });
  if (!member.name_is_utf8 && !is_ascii) return absl::UnimplementedError("its name is not marked as UTF-8, and code page 437 is not read");
  ASSIGN_OR_RETURN(std::string head, archive.Head(member, kPreamble + limits.npy_header_bytes));
  ASSIGN_OR_RETURN(const NpyHeader header, ReadNpyHeader(*MakeMemorySource("the header", std::move(head)), limits.npy_header_bytes));
  ASSIGN_OR_RETURN(auto stored, Store(header, archive.Data(member)));
  std::string name = member.name.substr(0, member.name.size() - kExtension.size());
  if (archive.Find(name) != nullptr) {
    return absl::DataLossError(
        absl::StrCat("its array would be ", pickle::Quote(name), ", by which numpy understands the member of that name"));
  }
  if (stored.second > 0) checkpoint.remarks.push_back(absl::StrCat(stored.second, " bytes follow the array in ", member.name));
  return checkpoint.Add({.name = std::move(name), .tensor = std::move(stored.first), .tensor_name = ""});
}

}  // namespace

absl::StatusOr<Checkpoint> ReadNpy(ByteSourcePtr source, const ReadLimits& limits) {
  const std::string context = absl::StrCat("reading ", source->name());
  ASSIGN_OR_RETURN(const NpyHeader header, ReadNpyHeader(*source, limits.npy_header_bytes), Annotate(_, context));
  ASSIGN_OR_RETURN(auto stored, Store(header, {.source = source, .offset = 0, .size = source->size()}), Annotate(_, context));
  Checkpoint checkpoint;
  checkpoint.path = source->name();
  checkpoint.format = "npy";
  if (stored.second > 0) checkpoint.remarks.push_back(absl::StrCat(stored.second, " bytes follow the array"));
  RETURN_IF_ERROR(checkpoint.Add({.name = "", .tensor = std::move(stored.first), .tensor_name = ""}), Annotate(_, context));
  return checkpoint;
}

absl::StatusOr<Checkpoint> ReadNpz(ByteSourcePtr source, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Open(source, limits));
  Checkpoint checkpoint;
  checkpoint.path = source->name();
  checkpoint.format = "npz";
  for (const ZipMember& member : archive.members()) {
    RETURN_IF_ERROR(AddMember(archive, member, limits, checkpoint),
                    Annotate(_, absl::StrCat("reading ", source->name(), ": member ", pickle::Quote(member.name))));
  }
  NoteArchive(archive, checkpoint);
  return checkpoint;
}

bool LooksLikeNpy(const ByteSource& source) {
  return ByteCursor(source).ReadString(6).value_or("") == "\x93NUMPY";
}

bool LooksLikeNpz(const ByteSource& source) {
  constexpr uint32_t kLocalHeader = 0x04034b50;  // "PK\3\4".
  constexpr int64_t kNameSize = 26;
  ByteCursor cursor(source);
  if (cursor.ReadU32().value_or(0) != kLocalHeader || !cursor.Skip(kNameSize - cursor.position()).ok()) return false;
  const uint16_t name_size = cursor.ReadU16().value_or(0);
  return cursor.Skip(2).ok() && absl::EndsWith(cursor.ReadString(name_size).value_or(""), kExtension);
}

}  // namespace weighbridge
