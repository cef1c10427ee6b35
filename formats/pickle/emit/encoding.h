#ifndef WEIGHBRIDGE_FORMATS_PICKLE_EMIT_ENCODING_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_EMIT_ENCODING_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge::pickle {

// How CPython's pickler writes what is alike in all protocols from 2 on. The emitters stand on it.

// The lowest `size` bytes of `value`, little-endian.
std::string LittleEndian(uint64_t value, int size);

// An integer, with the shortest opcode.
std::string EncodeInt(int64_t value);

// The value at an index of the memo.
std::string EncodeGet(uint32_t memo);

// The opcode that makes a tuple of the last `size` values, 0 to 3.
char TupleOpcode(int size);

// Where the items of a dict are cut into batches of 1000: opcodes to write before the first item, after every item and after the last.
class ItemBatches {
 public:
  // The pickler runs through the items of a dict itself, and of an object of a subclass (OrderedDict) through an iterator, and cuts them
  // a little differently.
  enum class Of : uint8_t { kDict, kSubclass };

  ItemBatches(Of of, int64_t count) : of_(of), count_(count) {}

  absl::string_view Begin() const;
  absl::string_view EndItem();
  absl::string_view End() const;

 private:
  Of of_;
  int64_t count_;
  int64_t done_ = 0;
};

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_EMIT_ENCODING_H_
