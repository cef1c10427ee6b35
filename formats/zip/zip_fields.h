#ifndef WEIGHBRIDGE_FORMATS_ZIP_ZIP_FIELDS_H_
#define WEIGHBRIDGE_FORMATS_ZIP_ZIP_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_cursor.h"

namespace weighbridge {

// A 32-bit size or offset that says: look into the zip64 extra field.
inline constexpr uint32_t kInZip64 = 0xffffffff;

// The fields of one record of a zip, read one after the other. The first failure stays, and what is read after it is 0 or empty: a reader
// takes all fields and then asks once.
class ZipFields {
 public:
  explicit ZipFields(ByteCursor& cursor) : cursor_(cursor) {}

  uint16_t U16();
  uint32_t U32();
  uint64_t U64();
  std::string Text(int64_t size);
  void Skip(int64_t size);
  // DataLoss, saying what belongs here, when the next four bytes are others.
  void Signature(uint32_t expected, absl::string_view what);

  const absl::Status& status() const { return status_; }

 private:
  template <typename T>
  T Take(absl::StatusOr<T> value);

  ByteCursor& cursor_;
  absl::Status status_;
};

// What extra fields say that some reader looks at.
struct ZipExtra {
  std::vector<uint64_t> zip64;              // 0x0001: sizes and offsets, of 8 bytes each.
  std::optional<std::string> unicode_path;  // 0x7075: another name, which libzip and newer Pythons follow and torch does not.
};

// The extra fields in the next `size` bytes, which are passed. DataLoss: they do not fit, or one of these stands there twice. Fewer than
// four zero bytes at the end are padding.
absl::StatusOr<ZipExtra> ReadZipExtra(ByteCursor& cursor, int64_t size);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_ZIP_FIELDS_H_
