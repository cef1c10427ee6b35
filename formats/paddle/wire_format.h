#ifndef WEIGHBRIDGE_FORMATS_PADDLE_WIRE_FORMAT_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_WIRE_FORMAT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge::paddle {

// A field of a protobuf message, as the wire has it.
struct WireField {
  enum class Type { kNumber, kBytes };

  int64_t number = 0;
  Type type = Type::kNumber;
  uint64_t value = 0;  // Of a number: a varint, or 4 or 8 bytes.
  // Of bytes, which are a text, a message or packed numbers: where they lie in the source.
  int64_t offset = 0;
  int64_t size = 0;
};

// Reads the fields of a protobuf message front to back, without a schema and without keeping any: a message of a megabyte takes no memory,
// and no length in it is trusted. DataLoss: it is not a message. The source must outlive the reader.
class WireReader {
 public:
  // The message that bytes [offset, offset + size) of `source` are; they lie inside it.
  WireReader(const ByteSource& source, int64_t offset, int64_t size) : cursor_(source, offset, offset + size) {}

  bool done() const { return cursor_.remaining() == 0; }

  // The next field; not after the last.
  absl::StatusOr<WireField> Next();

  // The next number of packed ones.
  absl::StatusOr<uint64_t> NextVarint();

 private:
  ByteCursor cursor_;
};

}  // namespace weighbridge::paddle

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_WIRE_FORMAT_H_
