#ifndef WEIGHBRIDGE_EXECUTE_NORMAL_FORM_H_
#define WEIGHBRIDGE_EXECUTE_NORMAL_FORM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "expr/expr.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// Elements of a stored tensor, one for each element of a box: that of the box's element (i0, i1, …), counted from the box's origin, lies
// at byte `offset + Σ ik · strides[k] · ItemSize` of read->tensor().source().
struct Leaf {
  const Expr* read;  // A Read below the normalized expression, which must outlive this.
  int64_t offset;    // Of the element at the box's origin.
  std::vector<int64_t> strides;
};

// One step of a stack machine whose values are whole boxes.
struct Instruction {
  enum class Op {
    kLoad,  // Pushes a leaf.
    kZero,  // Pushes zeros.
    kCast,  // Replaces the top by its cast.
    kAdd,   // Replaces the two topmost by their sum; the top is the right operand.
  };
  Op op;
  DType dtype;      // Of the result.
  size_t leaf = 0;  // kLoad only: index into the box's leaves.
};

// A part of an output in which every element is made the same way, out of elements at the same place: casts and sums over strided leaves
// and zeros, in postfix order. Slices, pads, concats and permutes are gone: they have become regions, offsets and strides.
struct Box {
  Region region;  // Of the output; not empty.
  std::vector<Leaf> leaves;
  std::vector<Instruction> program;  // Leaves one value on the stack, of the output's dtype.

  // The greatest number of values on the stack.
  int StackDepth() const;
};

// The boxes of the tensor that `expr` defines. They cover each of its elements exactly once; there are none when it has no elements.
// Correct because view operations commute with pointwise ones. A cast to the same dtype and a cast or sum of zeros alone disappear.
std::vector<Box> Normalize(const Expr& expr);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_NORMAL_FORM_H_
