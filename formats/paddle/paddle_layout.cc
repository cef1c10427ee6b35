#include "formats/paddle/paddle_layout.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/layout.h"
#include "formats/paddle/state_dict.h"
#include "formats/pickle/emit/emitter.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

using paddle::Quoted;
using pickle::Emitter;

// How numpy spells the element type with which Paddle stores `dtype`; nothing when there is none.
std::optional<absl::string_view> NumpyText(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return "b1";
    case DType::kUint8:
      return "u1";
    case DType::kInt8:
      return "i1";
    case DType::kBfloat16:
      return "u2";
    case DType::kInt16:
      return "i2";
    case DType::kUint32:
      return "u4";
    case DType::kInt32:
      return "i4";
    case DType::kUint64:
      return "u8";
    case DType::kInt64:
      return "i8";
    case DType::kFloat16:
      return "f2";
    case DType::kFloat32:
      return "f4";
    case DType::kFloat64:
      return "f8";
    case DType::kComplex64:
      return "c8";
    case DType::kComplex128:
      return "c16";
    default:
      return std::nullopt;
  }
}

// CPython has one object for all equal texts of at most one character below U+0100, whatever made them; longer ones that were made apart
// are different objects, and the pickler goes by objects.
bool IsSharedText(absl::string_view utf8) {
  if (utf8.size() < 2) return true;
  return utf8.size() == 2 && (utf8[0] == '\xc2' || utf8[0] == '\xc3');
}

// Saves the objects of a state dict in the order in which CPython's pickler meets them.
class StateDictPickler {
 public:
  std::vector<pickle::Piece> Save(absl::Span<const LayoutRow> rows);

 private:
  using Write = absl::FunctionRef<void()>;

  // An object that occurs again: in full the first time, by its memo later. True the first time.
  bool Shared(absl::string_view identity, Write write);
  // A text that was made anew. Its memo.
  Emitter::Memo Text(absl::string_view utf8);
  void Global(absl::string_view module, absl::string_view name);
  void Tuple(absl::Span<const int64_t> items);
  void DTypeObject(DType dtype);
  void Array(const TensorSpec& spec);

  Emitter emitter_;
  absl::flat_hash_map<std::string, Emitter::Memo> shared_;
};

std::vector<pickle::Piece> StateDictPickler::Save(absl::Span<const LayoutRow> rows) {
  emitter_.EmptyDict();
  emitter_.Memoize();
  emitter_.BeginItems(static_cast<int64_t>(rows.size()) + 1);
  std::vector<Emitter::Memo> names;
  names.reserve(rows.size());
  for (const LayoutRow& row : rows) {
    names.push_back(Text(row.name));
    Array(row.spec);
    emitter_.EndItem();
  }
  Text(paddle::kNameTable);
  emitter_.EmptyDict();
  emitter_.Memoize();
  if (!rows.empty()) {
    emitter_.BeginItems(static_cast<int64_t>(rows.size()));
    for (size_t i = 0; i < rows.size(); ++i) {
      emitter_.Get(names[i]);
      Text(rows[i].tensor_name);
      emitter_.EndItem();
    }
    emitter_.EndItems();
  }
  emitter_.EndItem();
  emitter_.EndItems();
  return emitter_.Finish();
}

bool StateDictPickler::Shared(absl::string_view identity, Write write) {
  if (const auto known = shared_.find(identity); known != shared_.end()) {
    emitter_.Get(known->second);
    return false;
  }
  write();
  shared_.emplace(identity, emitter_.Memoize());
  return true;
}

Emitter::Memo StateDictPickler::Text(absl::string_view utf8) {
  if (IsSharedText(utf8)) {
    const std::string identity = absl::StrCat("text ", utf8);
    Shared(identity, [&] { emitter_.Text(utf8); });
    return shared_.at(identity);
  }
  emitter_.Text(utf8);
  return emitter_.Memoize();
}

void StateDictPickler::Global(absl::string_view module, absl::string_view name) {
  Shared(absl::StrCat("global ", module, " ", name), [&] {
    // Types hold the interned name of their module.
    Shared(absl::StrCat("module ", module), [&] { emitter_.Text(module); });
    Text(name);
    emitter_.StackGlobal();
  });
}

void StateDictPickler::Tuple(absl::Span<const int64_t> items) {
  if (items.size() > 3) emitter_.BeginTuple();
  for (const int64_t item : items) emitter_.Int(item);
  if (items.size() > 3) {
    emitter_.EndTuple();
  } else {
    emitter_.Tuple(static_cast<int>(items.size()));
  }
  if (!items.empty()) emitter_.Memoize();
}

void StateDictPickler::DTypeObject(DType dtype) {
  const absl::string_view text = *NumpyText(dtype);
  const bool first = Shared(absl::StrCat("dtype ", text), [&] {
    Global("numpy", "dtype");
    Text(text);
    emitter_.Bool(false);  // align
    emitter_.Bool(true);   // copy
    emitter_.Tuple(3);
    emitter_.Memoize();
    emitter_.Reduce();
  });
  if (!first) return;
  emitter_.BeginTuple();
  emitter_.Int(3);  // Version of the state.
  Text(ItemSize(dtype) == 1 ? "|" : "<");
  for (int i = 0; i < 3; ++i) emitter_.None();
  emitter_.Int(-1);
  emitter_.Int(-1);
  emitter_.Int(0);
  emitter_.EndTuple();
  emitter_.Memoize();
  emitter_.Build();
}

void StateDictPickler::Array(const TensorSpec& spec) {
  Global("numpy.core.multiarray", "_reconstruct");
  Global("numpy", "ndarray");
  Tuple({0});
  Shared("bytes b", [&] { emitter_.Bytes("b"); });
  emitter_.Tuple(3);
  emitter_.Memoize();
  emitter_.Reduce();
  emitter_.Memoize();

  emitter_.BeginTuple();
  emitter_.Int(1);  // Version of the state.
  Tuple(spec.shape);
  DTypeObject(spec.dtype);
  emitter_.Bool(false);  // Not in Fortran order.
  if (const int64_t size = *ByteSize(spec); size > 0) {
    emitter_.PayloadBytes(size);
    emitter_.Memoize();
  } else {
    // There is one empty bytes object.
    Shared("bytes ", [&] { emitter_.Bytes(""); });
  }
  emitter_.EndTuple();
  emitter_.Memoize();
  emitter_.Build();
}

absl::Status CheckRows(absl::Span<const LayoutRow> rows) {
  absl::flat_hash_set<absl::string_view> names = {paddle::kNameTable, paddle::kSlicedParameters};
  for (const LayoutRow& row : rows) {
    if (row.name == paddle::kNameTable || row.name == paddle::kSlicedParameters) {
      return absl::InvalidArgumentError(absl::StrCat("no tensor of a .pdparams can have the name ", Quoted(row.name)));
    }
    if (!names.insert(row.name).second) return absl::InvalidArgumentError(absl::StrCat("two tensors have the name ", Quoted(row.name)));
    if (!NumpyText(row.spec.dtype).has_value()) {
      return absl::UnimplementedError(absl::StrCat("tensor ", Quoted(row.name), ": a .pdparams cannot hold ", DTypeName(row.spec.dtype)));
    }
    if (absl::StatusOr<int64_t> size = ByteSize(row.spec); !size.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("tensor ", Quoted(row.name), ": ", size.status().message()));
    }
  }
  return absl::OkStatus();
}

// Gives every piece its offset. Rows without elements have no payload among the pieces; their slots are empty.
absl::StatusOr<Layout> Place(absl::Span<const LayoutRow> rows, std::vector<pickle::Piece> pieces) {
  Layout layout;
  layout.slots.reserve(rows.size());
  for (pickle::Piece& piece : pieces) {
    const int64_t size = static_cast<int64_t>(piece.bytes.size());
    if (size > 0) layout.literals.push_back({layout.size, std::move(piece.bytes)});
    layout.size += size;
    if (!piece.payload.has_value()) continue;
    while (*ByteSize(rows[layout.slots.size()].spec) == 0) layout.slots.push_back({layout.size, 0});
    layout.slots.push_back({layout.size, *piece.payload});
    // Leaves room for the literals, which are in memory.
    if (*piece.payload > (int64_t{1} << 62) - layout.size) {
      return absl::InvalidArgumentError("the tensors have more than 2^62 bytes");
    }
    layout.size += *piece.payload;
  }
  layout.slots.resize(rows.size(), {layout.size, 0});
  return layout;
}

}  // namespace

absl::StatusOr<Layout> PaddleLayout(absl::Span<const LayoutRow> rows) {
  RETURN_IF_ERROR(CheckRows(rows));
  return Place(rows, StateDictPickler().Save(rows));
}

}  // namespace weighbridge
