#include "formats/zip/zip_fields.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_cursor.h"

namespace weighbridge {

template <typename T>
T ZipFields::Take(absl::StatusOr<T> value) {
  status_.Update(value.status());
  return status_.ok() ? *std::move(value) : T();
}

uint16_t ZipFields::U16() {
  return Take(cursor_.ReadU16());
}
uint32_t ZipFields::U32() {
  return Take(cursor_.ReadU32());
}
uint64_t ZipFields::U64() {
  return Take(cursor_.ReadU64());
}
std::string ZipFields::Text(int64_t size) {
  return Take(cursor_.ReadString(size));
}
void ZipFields::Skip(int64_t size) {
  status_.Update(cursor_.Skip(size));
}

void ZipFields::Signature(uint32_t expected, absl::string_view what) {
  const int64_t offset = cursor_.position();
  if (U32() != expected) status_.Update(absl::DataLossError(absl::StrCat("no ", what, " stands at offset ", offset)));
}

namespace {

absl::Status Twice(uint16_t id) {
  return absl::DataLossError(absl::StrFormat("extra field 0x%04x stands there twice", id));
}

}  // namespace

absl::StatusOr<ZipExtra> ReadZipExtra(ByteCursor& cursor, int64_t size) {
  constexpr uint16_t kZip64 = 0x0001;
  constexpr uint16_t kUnicodePath = 0x7075;
  constexpr int64_t kHead = 4;
  const int64_t end = cursor.position() + size;
  ZipExtra extra;
  bool has_zip64 = false;
  ZipFields fields(cursor);
  while (fields.status().ok() && end - cursor.position() >= kHead) {
    const uint16_t id = fields.U16();
    const uint16_t length = fields.U16();
    if (length > end - cursor.position()) {
      return absl::DataLossError(absl::StrFormat("extra field 0x%04x has %d bytes, %d are left", id, length, end - cursor.position()));
    }
    if (id == kZip64) {
      if (std::exchange(has_zip64, true)) return Twice(id);
      if (length % sizeof(uint64_t) != 0) return absl::DataLossError(absl::StrCat("its zip64 extra field has ", length, " bytes"));
      for (size_t i = 0; i < length / sizeof(uint64_t); ++i) extra.zip64.push_back(fields.U64());
    } else if (id == kUnicodePath) {
      if (extra.unicode_path.has_value()) return Twice(id);
      extra.unicode_path = fields.Text(length);
    } else {
      fields.Skip(length);
    }
  }
  const std::string padding = fields.Text(end - cursor.position());
  if (!fields.status().ok()) return fields.status();
  if (padding.find_first_not_of('\0') == std::string::npos) return extra;
  return absl::DataLossError(absl::StrCat(padding.size(), " bytes follow the extra fields"));
}

}  // namespace weighbridge
