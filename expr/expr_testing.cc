#include "expr/expr_testing.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "expr/expr.h"
#include "expr/float_bits.h"
#include "expr/operation.h"
#include "formats/bytes/byte_source.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

template <typename T>
T FromBytes(const std::string& bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

template <typename T>
std::string ToBytes(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(T));
}

std::string ReadElement(const StoredTensor& tensor, const std::vector<int64_t>& index) {
  const int64_t item = ItemSize(tensor.spec().dtype);
  int64_t offset = tensor.offset();
  for (size_t k = 0; k < index.size(); ++k) offset += index[k] * tensor.strides()[k] * item;
  std::string bytes(item, '\0');
  if (!tensor.source()->ReadAt(offset, absl::MakeSpan(bytes)).ok()) bytes.clear();
  return bytes;
}

bool IsRounded(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBfloat16 || dtype == DType::kFloat32;
}

// The element of `expr` at `index`, operation by operation.
class Element {
 public:
  Element(const Expr& expr, const std::vector<int64_t>& index) : expr_(expr), index_(index) {}

  std::string operator()(const op::Read& read) const { return ReadElement(*read.tensor, index_); }

  std::string operator()(const op::Permute& permute) const {
    std::vector<int64_t> inner = index_;
    for (size_t k = 0; k < index_.size(); ++k) inner[permute.axes[k]] = index_[k];
    return Of(0, inner);
  }

  std::string operator()(const op::Slice& slice) const {
    std::vector<int64_t> inner = index_;
    for (size_t k = 0; k < index_.size(); ++k) inner[k] += slice.region[k].begin;
    return Of(0, inner);
  }

  std::string operator()(const op::Concat& concat) const {
    std::vector<int64_t> inner = index_;
    size_t operand = 0;
    for (; inner[concat.axis] >= expr_.operands()[operand]->spec().shape[concat.axis]; ++operand) {
      inner[concat.axis] -= expr_.operands()[operand]->spec().shape[concat.axis];
    }
    return Of(operand, inner);
  }

  std::string operator()(const op::Pad& pad) const {
    std::vector<int64_t> inner = index_;
    for (size_t k = 0; k < index_.size(); ++k) {
      if (index_[k] < pad.inside[k].begin || index_[k] >= pad.inside[k].end) return std::string(ItemSize(expr_.spec().dtype), '\0');
      inner[k] -= pad.inside[k].begin;
    }
    return Of(0, inner);
  }

  std::string operator()(const op::Reshape& reshape) const {
    const Shape& shape = expr_.operands()[0]->spec().shape;
    int64_t number = 0;
    for (size_t k = 0; k < index_.size(); ++k) number = number * reshape.shape[k] + index_[k];
    std::vector<int64_t> inner(shape.size());
    for (size_t k = shape.size(); k-- > 0; number /= shape[k]) inner[k] = number % shape[k];
    return Of(0, inner);
  }

  std::string operator()(const op::Cast& cast) const { return CastElement(expr_.operands()[0]->spec().dtype, cast.dtype, Of(0, index_)); }

  std::string operator()(const op::Add& /*add*/) const { return AddElement(expr_.spec().dtype, Of(0, index_), Of(1, index_)); }

 private:
  std::string Of(size_t operand, const std::vector<int64_t>& index) const { return NaiveElement(*expr_.operands()[operand], index); }

  const Expr& expr_;
  const std::vector<int64_t>& index_;
};

// An example of each operation with a result of a spec; nullptr where there is none.
class Examples {
 public:
  explicit Examples(Choose choose) : choose_(choose) {}

  ExprPtr Any(const TensorSpec& spec, int operations) {
    // The first to be tried when a fuzzer has no more bytes is a Permute, of which there always is one.
    static_assert(std::is_same_v<std::variant_alternative_t<1, Operation>, op::Permute>);
    ExprPtr expr = operations > 0 ? nullptr : Read("random", ChooseTensor(choose_, spec));
    while (expr == nullptr) {
      const int64_t chosen = choose_(1, std::variant_size_v<Operation> - 1);
      expr = Make(static_cast<size_t>(chosen), spec, operations - 1, std::make_index_sequence<std::variant_size_v<Operation>>());
    }
    return expr;
  }

 private:
  template <typename Op>
  struct Kind {};

  // Of the alternative `chosen` of Operation.
  template <size_t... k>
  ExprPtr Make(size_t chosen, const TensorSpec& spec, int below, std::index_sequence<k...> /*all*/) {
    ExprPtr expr;
    ((k == chosen ? void(expr = Of(Kind<std::variant_alternative_t<k, Operation>>(), spec, below)) : void()), ...);
    return expr;
  }

  // `below` is the number of operations that the operands are to have.
  ExprPtr Of(Kind<op::Read> /*kind*/, const TensorSpec& spec, int /*below*/) { return Read("random", ChooseTensor(choose_, spec)); }

  ExprPtr Of(Kind<op::Permute> /*kind*/, const TensorSpec& spec, int below) {
    std::vector<int64_t> axes(spec.shape.size());
    std::iota(axes.begin(), axes.end(), 0);
    for (size_t k = axes.size(); k > 1; --k) std::swap(axes[k - 1], axes[choose_(0, static_cast<int64_t>(k) - 1)]);
    TensorSpec operand = spec;
    for (size_t k = 0; k < axes.size(); ++k) operand.shape[axes[k]] = spec.shape[k];
    return *Permute(Any(operand, below), axes);
  }

  ExprPtr Of(Kind<op::Slice> /*kind*/, const TensorSpec& spec, int below) {
    TensorSpec operand = spec;
    Region region;
    for (int64_t& extent : operand.shape) {
      const int64_t before = choose_(0, 2);
      region.push_back({before, before + extent});
      extent += before + choose_(0, 2);
    }
    // Slices of slices must not grow without end.
    if (*ElementCount(operand.shape) > *ElementCount(spec.shape) + kMostCutOff) return nullptr;
    return *Slice(Any(operand, below), region);
  }

  ExprPtr Of(Kind<op::Pad> /*kind*/, const TensorSpec& spec, int below) {
    TensorSpec operand = spec;
    Region inside;
    for (int64_t& extent : operand.shape) {
      const int64_t begin = choose_(0, std::min<int64_t>(2, extent));
      const int64_t end = choose_(std::max(begin, extent - 2), extent);
      inside.push_back({begin, end});
      extent = end - begin;
    }
    return *Pad(Any(operand, below), spec.shape, inside);
  }

  ExprPtr Of(Kind<op::Concat> /*kind*/, const TensorSpec& spec, int below) {
    if (spec.shape.empty()) return nullptr;
    const int64_t axis = choose_(0, static_cast<int64_t>(spec.shape.size()) - 1);
    TensorSpec first = spec;
    first.shape[axis] = choose_(0, spec.shape[axis]);
    TensorSpec second = spec;
    second.shape[axis] -= first.shape[axis];
    return *Concat({Any(first, below / 2), Any(second, below / 2)}, axis);
  }

  // Now and then an axis is cut in two, and two neighbours are made one.
  ExprPtr Of(Kind<op::Reshape> /*kind*/, const TensorSpec& spec, int below) {
    constexpr size_t kMostAxes = 5;
    Shape shape = spec.shape;
    for (int64_t changes = choose_(1, 3); changes > 0; --changes) {
      const size_t axis = static_cast<size_t>(choose_(0, static_cast<int64_t>(shape.size())));
      const auto at = shape.begin() + static_cast<ptrdiff_t>(axis);
      if (axis + 1 < shape.size() && choose_(0, 1) == 0) {
        shape[axis + 1] *= shape[axis];
        shape.erase(at);
      } else if (shape.size() < kMostAxes) {
        const int64_t extent = axis == shape.size() ? 1 : shape[axis];
        int64_t outer = choose_(1, std::max<int64_t>(extent, 1));
        while (extent % outer != 0) --outer;
        if (axis < shape.size()) shape[axis] = extent / outer;
        shape.insert(shape.begin() + static_cast<ptrdiff_t>(axis), outer);
      }
    }
    return *Reshape(Any({spec.dtype, shape}, below), spec.shape);
  }

  ExprPtr Of(Kind<op::Cast> /*kind*/, const TensorSpec& spec, int below) {
    constexpr DType kFrom[] = {DType::kFloat16, DType::kBfloat16, DType::kFloat32, DType::kFloat64};
    const DType from = IsRounded(spec.dtype) ? kFrom[choose_(0, 3)] : spec.dtype;
    return *Cast(Any({from, spec.shape}, below), spec.dtype);
  }

  ExprPtr Of(Kind<op::Add> /*kind*/, const TensorSpec& spec, int below) {
    return IsRounded(spec.dtype) ? *Add(Any(spec, below / 2), Any(spec, below / 2)) : nullptr;
  }

  static constexpr int64_t kMostCutOff = 4096;  // Elements.

  Choose choose_;
};

auto Chance(std::mt19937& random) {
  return [&random](int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random); };
}

}  // namespace

std::string CastElement(DType from, DType to, const std::string& bytes) {
  if (from == to) return bytes;
  if (from == DType::kFloat64) {
    const uint64_t bits = FromBytes<uint64_t>(bytes);
    if (to == DType::kFloat16) return ToBytes(Float16FromFloat64(bits));
    if (to == DType::kBfloat16) return ToBytes(Bfloat16FromFloat64(bits));
    return ToBytes(Float32FromFloat64(bits));
  }
  const uint32_t wide = from == DType::kFloat16    ? Float32FromFloat16(FromBytes<uint16_t>(bytes))
                        : from == DType::kBfloat16 ? Float32FromBfloat16(FromBytes<uint16_t>(bytes))
                                                   : FromBytes<uint32_t>(bytes);
  if (to == DType::kFloat16) return ToBytes(Float16FromFloat32(wide));
  if (to == DType::kBfloat16) return ToBytes(Bfloat16FromFloat32(wide));
  return ToBytes(wide);
}

std::string AddElement(DType dtype, const std::string& left, const std::string& right) {
  if (dtype == DType::kFloat16) return ToBytes(AddFloat16(FromBytes<uint16_t>(left), FromBytes<uint16_t>(right)));
  if (dtype == DType::kBfloat16) return ToBytes(AddBfloat16(FromBytes<uint16_t>(left), FromBytes<uint16_t>(right)));
  return ToBytes(AddFloat32(FromBytes<uint32_t>(left), FromBytes<uint32_t>(right)));
}

std::string NaiveElement(const Expr& expr, const std::vector<int64_t>& index) {
  return std::visit(Element(expr, index), expr.operation());
}

std::string NaiveBytes(const Expr& expr) {
  const Shape& shape = expr.spec().shape;
  const int64_t count = *ElementCount(shape);
  std::string bytes;
  std::vector<int64_t> index(shape.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    bytes += NaiveElement(expr, index);
    for (size_t k = shape.size(); k-- > 0 && ++index[k] == shape[k];) index[k] = 0;
  }
  return bytes;
}

StoredTensor ChooseTensor(Choose choose, const TensorSpec& spec) {
  const int64_t item = ItemSize(spec.dtype);
  std::vector<size_t> axes(spec.shape.size());
  std::iota(axes.begin(), axes.end(), size_t{0});
  const bool is_view = choose(0, 1) == 1;
  for (size_t k = axes.size(); is_view && k > 1; --k) std::swap(axes[k - 1], axes[choose(0, static_cast<int64_t>(k) - 1)]);
  std::vector<int64_t> strides(spec.shape.size());
  int64_t step = is_view && choose(0, 4) == 0 ? 2 : 1;
  for (size_t k = axes.size(); k-- > 0;) {
    const bool repeats = is_view && choose(0, 9) == 0;
    strides[axes[k]] = repeats ? 0 : step;
    if (!repeats) step *= std::max<int64_t>(spec.shape[axes[k]], 1);
    if (is_view && choose(0, 4) == 0) step += choose(0, 5);
  }
  const int64_t before = choose(0, 20);
  std::string bytes((before + step) * item, '\0');
  std::minstd_rand filler(static_cast<uint32_t>(choose(0, 0xffff)));
  for (char& byte : bytes) byte = static_cast<char>(filler() >> 8);
  return *StoredTensor::Create(spec, MakeMemorySource("memory", std::move(bytes)), before * item, strides);
}

ExprPtr ChooseExpr(Choose choose, const TensorSpec& spec, int operations) {
  return Examples(choose).Any(spec, operations);
}

Shape ChooseShape(Choose choose, int64_t most) {
  Shape shape(choose(0, 4));
  for (int64_t& extent : shape) extent = choose(0, 19) == 0 ? 0 : choose(1, most);
  return shape;
}

StoredTensor RandomTensor(std::mt19937& random, const TensorSpec& spec) {
  return ChooseTensor(Chance(random), spec);
}

ExprPtr RandomExpr(std::mt19937& random, const TensorSpec& spec, int operations) {
  return ChooseExpr(Chance(random), spec, operations);
}

Shape RandomShape(std::mt19937& random, int64_t most) {
  return ChooseShape(Chance(random), most);
}

}  // namespace weighbridge
