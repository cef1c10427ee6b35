#ifndef WEIGHBRIDGE_FORMATS_LAYOUT_H_
#define WEIGHBRIDGE_FORMATS_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/tensor_spec.h"

namespace weighbridge {

// A tensor that a file is to hold, in file order.
struct LayoutRow {
  std::string name;
  TensorSpec spec;
  // For containers that name the tensor itself (Paddle); empty elsewhere.
  std::string tensor_name;
  // An earlier row that is the same tensor under another name (tied weights), by its index. Containers whose tensors can share their bytes
  // (torch's) hold them once; the others ignore it.
  std::optional<size_t> same_as = std::nullopt;
};

// The third table: every byte of a file that is still to be written, known before data moves. Literals and slots cover [0, size) exactly,
// each byte once. Slot k holds the row-major little-endian bytes of row k; slots may be filled in any order by any thread. Rows of one
// tensor may have one slot, at one offset, which is filled once.
struct Layout {
  struct Literal {
    int64_t offset = 0;
    std::string bytes;
  };
  struct Slot {
    int64_t offset = 0;
    int64_t size = 0;
  };

  // Four bytes of a literal, zero there, that get the CRC-32 of a slot's bytes, little-endian, when the slot is full.
  struct Checksum {
    int64_t offset = 0;
    size_t slot = 0;
  };

  int64_t size = 0;
  std::vector<Literal> literals;    // By offset.
  std::vector<Slot> slots;          // One per row, in the rows' order.
  std::vector<Checksum> checksums;  // Any number per slot.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_LAYOUT_H_
