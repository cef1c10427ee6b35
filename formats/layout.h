#ifndef WEIGHBRIDGE_FORMATS_LAYOUT_H_
#define WEIGHBRIDGE_FORMATS_LAYOUT_H_

#include <cstdint>
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
};

// The third table: every byte of a file that is still to be written, known before data moves. Literals and slots cover [0, size) exactly,
// each byte once. Slot k holds the row-major little-endian bytes of row k; slots may be filled in any order by any thread.
struct Layout {
  struct Literal {
    int64_t offset = 0;
    std::string bytes;
  };
  struct Slot {
    int64_t offset = 0;
    int64_t size = 0;
  };

  int64_t size = 0;
  std::vector<Literal> literals;  // By offset.
  std::vector<Slot> slots;        // One per row, in the rows' order.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_LAYOUT_H_
