#ifndef WEIGHBRIDGE_EXECUTE_BOX_H_
#define WEIGHBRIDGE_EXECUTE_BOX_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "absl/types/span.h"
#include "expr/expr.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// One loop over a box: with each of its `extent` iterations the output's element is `step` further on in row-major order, and that of
// leaf k `strides[k]` further in its source. All in elements.
struct Loop {
  int64_t extent;
  int64_t step;
  std::vector<int64_t> strides;
};

// Elements of a stored tensor, one for each element of a box.
struct Leaf {
  const Expr* read;  // A Read below the normalized expression, which must outlive this.
  int64_t offset;    // The byte of read->tensor().source() at which the box's first element lies.
};

// The steps of a stack machine whose values are whole boxes.
struct LoadLeaf {  // Pushes a leaf, by its index among the box's.
  size_t leaf;
  DType dtype;
};
struct PushZeros {
  DType dtype;
};
struct CastTop {  // Replaces the top by its cast. The dtypes differ.
  DType from;
  DType to;
};
struct AddTop {  // Replaces the two topmost, both of `dtype`, by their sum; the top is the right operand.
  DType dtype;
};
using Instruction = std::variant<LoadLeaf, PushZeros, CastTop, AddTop>;

// Of what the instruction leaves on the top.
DType ResultDType(const Instruction& instruction);

// A part of an output in which every element is made the same way, out of elements at the same place: casts and sums over leaves and zeros.
// Its loops are free of the output's axes: an axis may be several loops, and a loop may run over several axes.
struct Box {
  int64_t origin;  // The number, in the output's row-major order, of the first element.
  // Outermost first, each of more than one iteration; all iterations of those inside a loop lie within one step of it. None for one
  // element.
  std::vector<Loop> loops;
  std::vector<Leaf> leaves;
  std::vector<Instruction> program;  // Postfix; leaves one value on the stack, of the output's dtype.

  // The greatest number of values on the stack.
  int StackDepth() const;
  DType dtype() const { return ResultDType(program.back()); }
  bool IsZero() const { return program.size() == 1 && std::holds_alternative<PushZeros>(program[0]); }
};

// Makes one loop of neighbours that are one run in the output and in every leaf.
void MergeLoops(Box& box);

// The same elements as boxes none of whose loops leads across a multiple of one of `steps` in the output: with the steps of a row-major
// tensor each loop then runs along one of its axes. Nothing where loops cannot do that: a loop of 3 elements at 0, 2 and 4 lies askew in
// rows of 3. A box that has been made axis by axis with the same steps always can.
std::optional<std::vector<Box>> SplitAtMultiples(std::vector<Box> boxes, absl::Span<const int64_t> steps);

// One axis of a row-major tensor: element number n has the index n / step % extent along it.
struct Axis {
  int64_t step;
  int64_t extent;
};

// The elements whose index along `axis` lies in `range`, as boxes. Every loop runs along one axis.
std::vector<Box> Clip(std::vector<Box> boxes, const Axis& axis, const IndexRange& range);

// The sums, in `dtype`, of the elements that both boxes have, as boxes; none when they have none in common. Nothing where no loops are
// refinements of those of both.
std::optional<std::vector<Box>> Sum(Box left, Box right, DType dtype);

// Whether both may have elements in common: neither ends before the other begins.
bool MayMeet(const Box& left, const Box& right);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_BOX_H_
