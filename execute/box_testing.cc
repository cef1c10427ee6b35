#include "execute/box_testing.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/overloaded.h"
#include "base/status.h"
#include "execute/box.h"
#include "execute/normal_form.h"
#include "expr/expr.h"
#include "expr/expr_testing.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

// Runs a box's program for one element, given where in its source each leaf's lies.
absl::StatusOr<std::string> Run(const Box& box, absl::Span<const int64_t> offsets) {
  std::vector<std::string> stack;
  absl::Status status;
  const Overloaded step = {
      [&](const LoadLeaf& load) {
        std::string& bytes = stack.emplace_back(ItemSize(load.dtype), '\0');
        status.Update(box.leaves[load.leaf].read->tensor().source()->ReadAt(offsets[load.leaf], absl::MakeSpan(bytes)));
      },
      [&](const PushZeros& zeros) { stack.emplace_back(ItemSize(zeros.dtype), '\0'); },
      [&](const CastTop& cast) { stack.back() = CastElement(cast.from, cast.to, stack.back()); },
      [&](const AddTop& add) {
        const std::string right = std::exchange(stack.back(), "");
        stack.pop_back();
        stack.back() = AddElement(add.dtype, stack.back(), right);
      },
  };
  for (const Instruction& instruction : box.program) std::visit(step, instruction);
  if (!status.ok() || stack.size() != 1) return absl::InternalError(absl::StrCat(stack.size(), " values are left: ", status.message()));
  return stack[0];
}

struct Bytes {
  int64_t item;
  std::string bytes;
  std::vector<bool> made;
};

// The elements of the loops from `loop` inwards.
absl::Status Make(const Box& box, size_t loop, int64_t element, const std::vector<int64_t>& offsets, Bytes& out) {
  if (loop == box.loops.size()) {
    ASSIGN_OR_RETURN(const std::string bytes, Run(box, offsets));
    if (element < 0 || element >= static_cast<int64_t>(out.made.size()) || out.made[element] ||
        static_cast<int64_t>(bytes.size()) != out.item) {
      return absl::InternalError(absl::StrCat("element ", element, " is made twice, or of the wrong size, or does not exist"));
    }
    out.made[element] = true;
    out.bytes.replace(element * out.item, out.item, bytes);
    return absl::OkStatus();
  }
  const Loop& it = box.loops[loop];
  if (it.extent < 2 || it.strides.size() != box.leaves.size()) return absl::InternalError("a loop has one iteration, or too few strides");
  std::vector<int64_t> moved = offsets;
  for (int64_t i = 0; i < it.extent; ++i) {
    RETURN_IF_ERROR(Make(box, loop + 1, element + i * it.step, moved, out));
    for (size_t k = 0; k < moved.size(); ++k) moved[k] += it.strides[k] * ItemSize(box.leaves[k].read->spec().dtype);
  }
  return absl::OkStatus();
}

absl::Status CheckNested(const Box& box) {
  int64_t inside = 0;
  for (size_t k = box.loops.size(); k-- > 0;) {
    if (box.loops[k].step <= inside) return absl::InternalError("what is inside a loop is longer than its step");
    inside += (box.loops[k].extent - 1) * box.loops[k].step;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> BytesOfBoxes(absl::Span<const Box> boxes, const TensorSpec& spec) {
  Bytes out = {ItemSize(spec.dtype), "", {}};
  ASSIGN_OR_RETURN(const int64_t size, ByteSize(spec));
  out.bytes.resize(size);
  out.made.resize(size / out.item);
  for (const Box& box : boxes) {
    std::vector<int64_t> offsets;
    for (const Leaf& leaf : box.leaves) offsets.push_back(leaf.offset);
    RETURN_IF_ERROR(CheckNested(box));
    RETURN_IF_ERROR(Make(box, 0, box.origin, offsets, out));
  }
  for (size_t k = 0; k < out.made.size(); ++k) {
    if (!out.made[k]) return absl::InternalError(absl::StrCat("element ", k, " is not made"));
  }
  return std::move(out.bytes);
}

ExprPtr RandomNormalizable(std::mt19937& random, const TensorSpec& spec, int operations) {
  while (true) {
    ExprPtr expr = RandomExpr(random, spec, operations);
    const absl::Status status = Normalize(*expr).status();
    if (status.ok()) return expr;
    if (!absl::IsUnimplemented(status)) throw std::logic_error(status.ToString());
  }
}

}  // namespace weighbridge
