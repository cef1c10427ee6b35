#include "expr/expr_testing.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "expr/expr.h"
#include "expr/float_bits.h"
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

std::string ReadElement(const StoredTensor& tensor, const std::vector<int64_t>& index) {
  const int64_t item = ItemSize(tensor.spec().dtype);
  int64_t offset = tensor.offset();
  for (size_t k = 0; k < index.size(); ++k) offset += index[k] * tensor.strides()[k] * item;
  std::string bytes(item, '\0');
  if (!tensor.source()->ReadAt(offset, absl::MakeSpan(bytes)).ok()) bytes.clear();
  return bytes;
}

int64_t Uniform(std::mt19937& random, int64_t least, int64_t most) {
  return std::uniform_int_distribution<int64_t>(least, most)(random);
}

ExprPtr RandomPermute(std::mt19937& random, const TensorSpec& spec, int operations) {
  std::vector<int64_t> axes(spec.shape.size());
  std::iota(axes.begin(), axes.end(), 0);
  std::shuffle(axes.begin(), axes.end(), random);
  TensorSpec operand = spec;
  for (size_t k = 0; k < axes.size(); ++k) operand.shape[axes[k]] = spec.shape[k];
  return *Permute(RandomExpr(random, operand, operations), axes);
}

ExprPtr RandomSlice(std::mt19937& random, const TensorSpec& spec, int operations) {
  TensorSpec operand = spec;
  Region region;
  for (int64_t& extent : operand.shape) {
    const int64_t before = Uniform(random, 0, 2);
    region.push_back({before, before + extent});
    extent += before + Uniform(random, 0, 2);
  }
  return *Slice(RandomExpr(random, operand, operations), region);
}

ExprPtr RandomPad(std::mt19937& random, const TensorSpec& spec, int operations) {
  TensorSpec operand = spec;
  Region inside;
  for (int64_t& extent : operand.shape) {
    const int64_t begin = Uniform(random, 0, std::min<int64_t>(2, extent));
    const int64_t end = Uniform(random, std::max(begin, extent - 2), extent);
    inside.push_back({begin, end});
    extent = end - begin;
  }
  return *Pad(RandomExpr(random, operand, operations), spec.shape, inside);
}

ExprPtr RandomConcat(std::mt19937& random, const TensorSpec& spec, int operations) {
  const int64_t axis = Uniform(random, 0, static_cast<int64_t>(spec.shape.size()) - 1);
  TensorSpec first = spec;
  first.shape[axis] = Uniform(random, 0, spec.shape[axis]);
  TensorSpec second = spec;
  second.shape[axis] -= first.shape[axis];
  return *Concat({RandomExpr(random, first, operations / 2), RandomExpr(random, second, operations / 2)}, axis);
}

bool IsRounded(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBfloat16 || dtype == DType::kFloat32;
}

}  // namespace

std::string NaiveElement(const Expr& expr, const std::vector<int64_t>& index) {
  std::vector<int64_t> inner = index;
  switch (expr.op()) {
    case Expr::Op::kRead:
      return ReadElement(expr.tensor(), index);
    case Expr::Op::kPermute:
      for (size_t k = 0; k < index.size(); ++k) inner[expr.axes()[k]] = index[k];
      break;
    case Expr::Op::kSlice:
      for (size_t k = 0; k < index.size(); ++k) inner[k] += expr.region()[k].begin;
      break;
    case Expr::Op::kConcat: {
      size_t operand = 0;
      for (; inner[expr.axis()] >= expr.operands()[operand]->spec().shape[expr.axis()]; ++operand) {
        inner[expr.axis()] -= expr.operands()[operand]->spec().shape[expr.axis()];
      }
      return NaiveElement(*expr.operands()[operand], inner);
    }
    case Expr::Op::kPad:
      for (size_t k = 0; k < index.size(); ++k) {
        if (index[k] < expr.inside()[k].begin || index[k] >= expr.inside()[k].end) return std::string(ItemSize(expr.spec().dtype), '\0');
        inner[k] -= expr.inside()[k].begin;
      }
      break;
    case Expr::Op::kCast:
      return CastElement(expr.operands()[0]->spec().dtype, expr.spec().dtype, NaiveElement(*expr.operands()[0], index));
    case Expr::Op::kAdd:
      return AddElement(expr.spec().dtype, NaiveElement(*expr.operands()[0], index), NaiveElement(*expr.operands()[1], index));
  }
  return NaiveElement(*expr.operands()[0], inner);
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

StoredTensor RandomTensor(std::mt19937& random, const TensorSpec& spec) {
  const int64_t item = ItemSize(spec.dtype);
  std::vector<size_t> axes(spec.shape.size());
  std::iota(axes.begin(), axes.end(), size_t{0});
  const bool is_view = Uniform(random, 0, 1) == 1;
  if (is_view) std::shuffle(axes.begin(), axes.end(), random);
  std::vector<int64_t> strides(spec.shape.size());
  int64_t step = is_view && Uniform(random, 0, 4) == 0 ? 2 : 1;
  for (size_t k = axes.size(); k-- > 0;) {
    const bool repeats = is_view && Uniform(random, 0, 9) == 0;
    strides[axes[k]] = repeats ? 0 : step;
    if (!repeats) step *= std::max<int64_t>(spec.shape[axes[k]], 1);
    if (is_view && Uniform(random, 0, 4) == 0) step += Uniform(random, 0, 5);
  }
  const int64_t before = Uniform(random, 0, 20);
  std::string bytes((before + step) * item, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return *StoredTensor::Create(spec, MakeMemorySource("memory", std::move(bytes)), before * item, strides);
}

ExprPtr RandomExpr(std::mt19937& random, const TensorSpec& spec, int operations) {
  if (operations <= 0) return Read("random", RandomTensor(random, spec));
  switch (Uniform(random, 0, 6)) {
    case 0:
    case 1:
      return RandomPermute(random, spec, operations - 1);
    case 2:
      return RandomSlice(random, spec, operations - 1);
    case 3:
      return RandomPad(random, spec, operations - 1);
    case 4:
      if (spec.shape.empty()) break;
      return RandomConcat(random, spec, operations - 1);
    case 5: {
      if (!IsRounded(spec.dtype)) break;
      constexpr DType kFrom[] = {DType::kFloat16, DType::kBfloat16, DType::kFloat32, DType::kFloat64};
      return *Cast(RandomExpr(random, {kFrom[Uniform(random, 0, 3)], spec.shape}, operations - 1), spec.dtype);
    }
    default:
      if (!IsRounded(spec.dtype)) break;
      return *Add(RandomExpr(random, spec, operations / 2), RandomExpr(random, spec, operations / 2));
  }
  return Read("random", RandomTensor(random, spec));
}

Shape RandomShape(std::mt19937& random, int64_t most) {
  Shape shape(Uniform(random, 0, 4));
  for (int64_t& extent : shape) extent = Uniform(random, 0, 19) == 0 ? 0 : Uniform(random, 1, most);
  return shape;
}

}  // namespace weighbridge
