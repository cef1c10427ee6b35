#ifndef WEIGHBRIDGE_FORMATS_PICKLE_VALUE_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_VALUE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge::pickle {

// The closed set of things that a pickle can make here (docs/spec/formats.md 2.1). Values are inert data, owned by the Document that the
// machine returns and freed with it all at once, so nesting cannot exhaust the native stack.
struct Value;
struct TableRow;

struct None {};

// An integer beyond int64, as its two's-complement little-endian bytes. Only ever compared.
struct BigInt {
  std::string bytes;
};

// Bytes that stay in the source: [offset, offset + size) of it. With `latin1`, these are UTF-8 text whose code points are the bytes
// (docs/spec/formats.md 8.5): each is one or two bytes here. Of long ones nobody has looked yet whether they are that: decoding finds out.
struct Bytes {
  int64_t offset = 0;
  int64_t size = 0;
  bool latin1 = false;
};

// Text of at most 64 KiB, valid UTF-8. `from_bytes` when the pickle held a Python-2 byte string (docs/spec/formats.md 2.3), decoded as the
// options say.
struct Text {
  std::string utf8;
  bool from_bytes = false;
  // The bytes that the text may turn out to mean: those of a Python-2 byte string, or what `_codecs encode` makes of it. Nothing when
  // the pickle holds it with escapes (protocol 0).
  std::optional<Bytes> bytes = std::nullopt;
};

// Text of more than 64 KiB, which stays in the source, unread and unchecked. It can become bytes; it is never a name or a key.
struct LongText {
  Bytes bytes;  // As Text::bytes.
  bool from_bytes = false;
};

struct Tuple {
  std::vector<const Value*> items;
};

struct List {
  std::vector<const Value*> items;
};

// In insertion order; keys are unique (a key that comes twice is refused) and of the kinds of docs/spec/formats.md 2.8, tuples and bytes
// only below 128 KiB. `metadata` is the `_metadata` of a BUILD on an OrderedDict, or null.
struct Dict {
  std::vector<std::pair<const Value*, const Value*>> items;
  const Value* metadata = nullptr;

  // The value under a text key, or nullptr. Linear in the number of items.
  const Value* Find(absl::string_view key) const;
};

// A set or frozenset; its contents are not kept, but that it holds tensors is noted (Aside).
struct Set {};

// An entry of the closed table (docs/spec/formats.md 2.6), not called.
struct Global {
  const TableRow* row;  // Never null.
};

// torch: a persistent id ("storage", type, key, location, numel[, view]).
struct Storage {
  // Of the elements; nothing for an untyped storage, whose numel counts bytes.
  std::optional<DType> dtype = std::nullopt;
  std::string key;
  int64_t numel = 0;  // Elements; not negative.
  // A legacy view (docs/spec/formats.md 4.3): elements [offset, offset + size) of the root storage `key`.
  struct View {
    std::string key;
    int64_t offset = 0;
    int64_t size = 0;
  };
  std::optional<View> view = std::nullopt;
  // Where in the source the persistent id stands, for messages.
  int64_t position = 0;
};

// torch: what a _rebuild_tensor… call stands for. Not checked against the storage's bytes; that is StoredTensor::Create's work.
struct Tensor {
  const Storage* storage = nullptr;  // Owned by a Value of the same document.
  DType dtype = DType::kFloat32;
  int64_t offset = 0;  // Elements.
  Shape size;
  std::vector<int64_t> stride;  // Elements.
  bool conj = false;
  bool neg = false;
  // Set when the tensor is of a kind that is recognised and not read: "a sparse COO tensor", "a quantized tensor". Nothing else is set
  // then.
  std::string unsupported;
};

// torch's tar form: a persistent id that is a text, the number of a tensor or storage that stands elsewhere (docs/spec/formats.md 5.4).
struct Reference {
  std::string id;
};

// numpy: a dtype object.
struct ArrayDType {
  // Nothing when the text is well formed and not an element type that is read; `text` says it.
  std::optional<DType> dtype = std::nullopt;
  std::string text;  // "f4", "O8", …
  bool big_endian = false;
};

// numpy: an array that is complete.
struct Array {
  ArrayDType dtype;
  Shape shape;
  // For every axis of the result the stride in elements: row-major, Fortran order and protocol 5's axis orders are all just this.
  std::vector<int64_t> strides;
  Bytes data;
};

// Paddle: eval("data", {"data": array}), a static-mode tensor (docs/spec/formats.md 8.7).
struct StaticArray {
  const Array* array = nullptr;
};

// A value of a table type whose contents do not matter: a device, a numpy scalar, a complex number.
struct Inert {
  std::string what;  // "torch.device".
};

// The kinds that would make every value large stand beside it.
template <typename T>
inline constexpr bool kIsBoxed =
    std::is_same_v<T, BigInt> || std::is_same_v<T, Text> || std::is_same_v<T, Storage> || std::is_same_v<T, Tensor> ||
    std::is_same_v<T, Reference> || std::is_same_v<T, ArrayDType> || std::is_same_v<T, Array> || std::is_same_v<T, Inert>;

// The kinds that have elements.
template <typename T>
inline constexpr bool kIsLeaf = std::is_same_v<T, Storage> || std::is_same_v<T, Tensor> || std::is_same_v<T, Reference> ||
                                std::is_same_v<T, Array> || std::is_same_v<T, StaticArray>;

template <typename T>
using Box = std::unique_ptr<T>;

struct Value {
  std::variant<None, bool, int64_t, Box<BigInt>, double, Box<Text>, LongText, Bytes, Tuple, List, Dict, Set, Global, Box<Storage>,
               Box<Tensor>, Box<Reference>, Box<ArrayDType>, Box<Array>, StaticArray, Box<Inert>>
      data;

  // The machine's notes while the pickle runs (arena.h): how deep values are nested in this one, whether another value holds it,
  // whether it lacks the BUILD that gives it its contents, and whether it is of a class whose objects have attributes. In a finished
  // Document nothing that the root reaches is unfinished.
  int32_t depth = 0;
  bool held = false;
  bool unfinished = false;
  bool has_attributes = false;
  // Whether it has elements or something has that it holds, in whatever place.
  bool holds_tensors = false;

  template <typename T>
  const T* As() const {
    return const_cast<Value*>(this)->As<T>();
  }
  template <typename T>
  T* As() {
    if constexpr (kIsBoxed<T>) {
      Box<T>* box = std::get_if<Box<T>>(&data);
      return box == nullptr ? nullptr : box->get();
    } else {
      return std::get_if<T>(&data);
    }
  }
};

// Whether it has elements itself.
bool IsLeaf(const Value& value);

// For messages: "a dict", "the text "abc"", "the global torch FloatStorage"; a line that is short whatever the file holds, control
// characters escaped.
std::string Describe(const Value& value);

// A global that a pickle names.
struct NamedGlobal {
  std::string module;
  std::string name;
  bool allowed = false;  // Whether it is in the closed table.
  int64_t count = 0;     // How often it is named.
  int64_t offset = 0;    // Of the opcode that names it first, in the source.
};

// Something with elements that no path of keys and indexes leads to: `owner` keeps it, or what holds it, in another place.
struct Aside {
  enum class Place { kSet, kHooks, kAttributes };

  const Value* owner = nullptr;
  const Value* item = nullptr;  // Of attributes the dict that gives them.
  Place place = Place::kSet;
};

// One pickle that was run. Movable; the values stay where they are.
struct Document {
  std::deque<Value> values;
  const Value* root = nullptr;
  // What it names, by first naming.
  std::vector<NamedGlobal> globals;
  // What lies aside, in all values.
  std::vector<Aside> asides;
  // Where the pickle ends in its source: the offset after STOP.
  int64_t end = 0;
  int protocol = 0;
  // Bytes of the program, without the payloads that were passed over, and the steps of work that it asked for (ReadLimits::work).
  int64_t program = 0;
  int64_t work = 0;
};

// What to remark of a document that was run with opaque objects: one sentence for each class outside the table, by first naming.
std::vector<std::string> OpaqueRemarks(const Document& document);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_VALUE_H_
