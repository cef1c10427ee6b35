#include "formats/paddle/read_lod_tensors.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/paddle/state_dict.h"
#include "formats/paddle/variable_names.h"
#include "formats/paddle/wire_format.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

using paddle::NameSource;
using paddle::WireField;
using paddle::WireReader;

constexpr size_t kMaxRank = 64;

// framework.proto: VarType.Type, as far as it is of elements (docs/spec/formats.md 9.3).
std::optional<DType> DTypeOf(uint64_t data_type) {
  static constexpr std::pair<uint64_t, DType> kTypes[] = {
      {0, DType::kBool},      {1, DType::kInt16},      {2, DType::kInt32},       {3, DType::kInt64},         {4, DType::kFloat16},
      {5, DType::kFloat32},   {6, DType::kFloat64},    {19, DType::kUint64},     {20, DType::kUint8},        {21, DType::kInt8},
      {22, DType::kBfloat16}, {23, DType::kComplex64}, {24, DType::kComplex128}, {32, DType::kFloat8E4M3Fn}, {33, DType::kFloat8E5M2},
      {36, DType::kUint16},   {37, DType::kUint32},    {38, DType::kUint64},
  };
  for (const auto& [number, dtype] : kTypes) {
    if (number == data_type) return dtype;
  }
  return std::nullopt;
}

absl::Status AddDim(uint64_t dim, Shape& shape) {
  if (shape.size() == kMaxRank) return absl::DataLossError(absl::StrCat("the tensor has more than ", kMaxRank, " axes"));
  shape.push_back(static_cast<int64_t>(dim));
  return absl::OkStatus();
}

// A TensorDesc: field 1 the data type, field 2 the extents, packed or not.
absl::StatusOr<TensorSpec> ReadDescriptor(const ByteSource& source, int64_t offset, int64_t size) {
  std::optional<uint64_t> data_type;
  TensorSpec spec;
  WireReader reader(source, offset, size);
  while (!reader.done()) {
    ASSIGN_OR_RETURN(const WireField field, reader.Next());
    const bool is_number = field.type == WireField::Type::kNumber;
    if (field.number == 1 && is_number) data_type = field.value;
    if (field.number != 2) continue;
    if (is_number) {
      RETURN_IF_ERROR(AddDim(field.value, spec.shape));
      continue;
    }
    WireReader packed(source, field.offset, field.size);
    while (!packed.done()) {
      ASSIGN_OR_RETURN(const uint64_t dim, packed.NextVarint());
      RETURN_IF_ERROR(AddDim(dim, spec.shape));
    }
  }
  if (!data_type.has_value()) return absl::DataLossError("the tensor has no data type");
  const std::optional<DType> dtype = DTypeOf(*data_type);
  if (!dtype.has_value()) return absl::UnimplementedError(absl::StrCat("data type ", *data_type, " is not supported"));
  spec.dtype = *dtype;
  return spec;
}

// A version, which is 0.
absl::Status PassVersion(absl::string_view what, ByteCursor& cursor) {
  ASSIGN_OR_RETURN(const uint32_t version, cursor.ReadU32());
  if (version == 0) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat("version ", version, " of a ", what, " is not supported; 0 is"));
}

// The LoD levels: of each its bytes, then offsets of 8 bytes.
absl::Status PassLevels(ByteCursor& cursor) {
  constexpr int64_t kOffset = 8;
  ASSIGN_OR_RETURN(const int64_t levels, cursor.ReadSize());
  if (levels > cursor.remaining() / kOffset) {
    return absl::DataLossError(absl::StrCat(levels, " LoD levels are announced, ", cursor.remaining(), " bytes are left"));
  }
  for (int64_t i = 0; i < levels; ++i) {
    ASSIGN_OR_RETURN(const int64_t size, cursor.ReadSize());
    if (size % kOffset != 0) return absl::DataLossError(absl::StrCat("a LoD level has ", size, " bytes, no multiple of ", kOffset));
    RETURN_IF_ERROR(cursor.Skip(size));
  }
  return absl::OkStatus();
}

// The record at the cursor, which is passed.
absl::StatusOr<StoredTensor> ReadRecord(const ByteSourcePtr& source, ByteCursor& cursor) {
  RETURN_IF_ERROR(PassVersion("record", cursor));
  RETURN_IF_ERROR(PassLevels(cursor));
  RETURN_IF_ERROR(PassVersion("tensor", cursor));
  ASSIGN_OR_RETURN(const int32_t descriptor, cursor.ReadI32());
  const int64_t descriptor_offset = cursor.position();
  if (descriptor < 0) return absl::DataLossError(absl::StrCat("a descriptor of ", descriptor, " bytes"));
  RETURN_IF_ERROR(cursor.Skip(descriptor));
  ASSIGN_OR_RETURN(TensorSpec spec, ReadDescriptor(*source, descriptor_offset, descriptor));
  ASSIGN_OR_RETURN(const int64_t size, ByteSize(spec));
  const int64_t offset = cursor.position();
  RETURN_IF_ERROR(cursor.Skip(size));
  return StoredTensor::CreateRowMajor(std::move(spec), source, offset);
}

absl::StatusOr<std::vector<StoredTensor>> ReadRecords(const ByteSourcePtr& source, const ReadLimits& limits) {
  std::vector<StoredTensor> records;
  ByteCursor cursor(*source);
  while (records.empty() || cursor.remaining() > 0) {
    if (static_cast<int64_t>(records.size()) == limits.tensors) {
      return absl::ResourceExhaustedError(absl::StrCat("it has more than ", limits.tensors, " tensors"));
    }
    const std::string where = absl::StrCat("record ", records.size(), " at offset ", cursor.position());
    absl::StatusOr<StoredTensor> record = ReadRecord(source, cursor);
    if (!record.ok()) {
      // Behind a good record another version is no version but a stray byte.
      const bool stray = !records.empty() && absl::IsUnimplemented(record.status());
      return Annotate(stray ? absl::DataLossError(record.status().message()) : record.status(), where);
    }
    records.push_back(*std::move(record));
  }
  return records;
}

// The names of `count` records.
absl::StatusOr<std::vector<std::string>> FindNames(size_t count, absl::Span<const NameSource> sources, const ReadLimits& limits,
                                                   std::vector<std::string>& remarks) {
  for (const NameSource& source : sources) {
    absl::StatusOr<std::vector<std::string>> names = paddle::ReadVariableNames(source, limits);
    if (!names.ok() || names->size() == count) return names;
    remarks.push_back(absl::StrCat(source.bytes->name(), " knows ", names->size(), " variables, the file holds ", count,
                                   " tensors, so their names are not taken from there"));
  }
  std::vector<std::string> numbers;
  for (size_t i = 0; i < count; ++i) numbers.push_back(count == 1 ? "" : absl::StrCat(i));
  return numbers;
}

absl::StatusOr<Checkpoint> Read(const ByteSourcePtr& source, absl::Span<const NameSource> name_sources, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(std::vector<StoredTensor> records, ReadRecords(source, limits));
  Checkpoint checkpoint;
  checkpoint.path = source->name();
  checkpoint.format = "pdiparams";
  ASSIGN_OR_RETURN(std::vector<std::string> names, FindNames(records.size(), name_sources, limits, checkpoint.remarks));
  for (size_t i = 0; i < records.size(); ++i) {
    RETURN_IF_ERROR(checkpoint.Add({.name = names[i], .tensor = std::move(records[i]), .tensor_name = ""}));
  }
  return checkpoint;
}

}  // namespace

absl::StatusOr<Checkpoint> ReadLodTensors(ByteSourcePtr source, absl::Span<const NameSource> names, const ReadLimits& limits) {
  absl::StatusOr<Checkpoint> checkpoint = Read(source, names, limits);
  if (checkpoint.ok()) return checkpoint;
  return Annotate(checkpoint.status(), absl::StrCat("reading ", source->name()));
}

bool LooksLikeLodTensors(const ByteSource& source) {
  constexpr uint32_t kAnyVersion = 16;
  constexpr int32_t kDescriptor = 65536;
  ByteCursor cursor(source);
  const uint32_t version = cursor.ReadU32().value_or(kAnyVersion);
  const absl::StatusOr<uint64_t> levels = cursor.ReadU64();
  if (version >= kAnyVersion || !levels.ok()) return false;
  if (version == 0 && *levels != 0) return true;
  if (*levels != 0 || cursor.ReadU32().value_or(1) != 0) return false;
  // Zeros may be a file that was never written.
  const int32_t descriptor = cursor.ReadI32().value_or(0);
  if (version == 0) return descriptor != 0;
  return descriptor > 0 && descriptor < kDescriptor && cursor.ReadU8().value_or(0) == 8;
}

}  // namespace weighbridge
