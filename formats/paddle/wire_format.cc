#include "formats/paddle/wire_format.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace weighbridge::paddle {

absl::StatusOr<uint64_t> WireReader::NextVarint() {
  constexpr int kLongest = 10;
  uint64_t value = 0;
  for (int i = 0; i < kLongest; ++i) {
    ASSIGN_OR_RETURN(const uint8_t byte, cursor_.ReadU8());
    // Of the tenth byte one bit counts.
    value |= uint64_t{byte & 0x7fu} << (7 * i);
    if ((byte & 0x80) == 0) return value;
  }
  return absl::DataLossError(absl::StrCat("a varint at offset ", cursor_.position() - kLongest, " has more than ", kLongest, " bytes"));
}

absl::StatusOr<WireField> WireReader::Next() {
  enum { kVarint = 0, kEightBytes = 1, kLengthDelimited = 2, kFourBytes = 5 };
  ASSIGN_OR_RETURN(const uint64_t tag, NextVarint());
  WireField field{.number = static_cast<int64_t>(tag >> 3)};
  if (field.number == 0) return absl::DataLossError("a field has the number 0");
  absl::StatusOr<uint64_t> value = uint64_t{0};
  switch (tag & 7) {
    case kVarint:
    case kLengthDelimited:
      value = NextVarint();
      break;
    case kEightBytes:
      value = cursor_.ReadU64();
      break;
    case kFourBytes:
      value = cursor_.ReadU32();
      break;
    default:
      return absl::DataLossError(absl::StrCat("field ", field.number, " is of wire type ", tag & 7));
  }
  if (!value.ok()) return value.status();
  if ((tag & 7) != kLengthDelimited) {
    field.value = *value;
    return field;
  }
  if (*value > static_cast<uint64_t>(cursor_.remaining())) {
    return absl::DataLossError(absl::StrCat("field ", field.number, " has ", *value, " bytes, ", cursor_.remaining(), " are left"));
  }
  field.type = WireField::Type::kBytes;
  field.offset = cursor_.position();
  field.size = static_cast<int64_t>(*value);
  RETURN_IF_ERROR(cursor_.Skip(field.size));
  return field;
}

}  // namespace weighbridge::paddle
