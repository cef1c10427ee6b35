#ifndef WEIGHBRIDGE_FORMATS_PICKLE_ARENA_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_ARENA_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/attributes.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"

namespace weighbridge::pickle {

// Makes the values of one Document and puts them into each other, under the rules that keep any program harmless:
//   - A value that another one holds never changes again. Pickles of real objects are like that, since the inner object is completed first.
//     So no value can come to hold itself, and the depth of a value is final when it is held: both are seen at once, without a walk.
//   - A value that still waits for its BUILD is never held (docs/spec/formats.md 8.2, 8.3).
//   - What a value holds where no path leads to it, in a set or an attribute, is noted where it has elements.
//   - The memory that values take, and the items that are put into them, is counted, from above, and so is work that does not follow from
//     the bytes of the program; the machine limits both.
// Functions that fail leave the arena as it was, or a value with some of its items; the reading ends then.
class Arena {
 public:
  Arena(const ByteSource& source, const ReadLimits& limits);

  // A new value. None, bools and small integers are shared.
  template <typename T>
  Value* New(T data) {
    memory_ += static_cast<int64_t>(sizeof(Value)) + HeapBytes(data);
    if constexpr (kIsBoxed<T>) {
      memory_ += static_cast<int64_t>(sizeof(T)) + kBlock;
      return &document_.values.emplace_back(Value{.data = std::make_unique<T>(std::move(data)), .holds_tensors = kIsLeaf<T>});
    } else {
      return &document_.values.emplace_back(Value{.data = std::move(data), .holds_tensors = kIsLeaf<T>});
    }
  }
  Value* NewNone() { return none_; }
  Value* NewBool(bool value) { return value ? true_ : false_; }
  Value* NewInt(int64_t value);

  // Put `item` into `parent`, in the case of a dict under `key`. DataLoss: `parent` is held, or an item is unfinished; for dicts: the key
  // is there already. Unimplemented: the key is of a kind that no dict here has (docs/spec/formats.md 2.8). ResourceExhausted: nested too
  // deep.
  absl::Status Append(Value* parent, List& list, Value* item);
  absl::Status Append(Value* parent, Tuple& tuple, Value* item);
  absl::Status SetItem(Value* parent, Dict& dict, Value* key, Value* item);
  absl::Status SetMetadata(Value* parent, Dict& dict, Value* metadata);
  // Puts `item` where no path leads to it.
  absl::Status KeepAside(Value* parent, Aside::Place place, Value* item);

  // What a state says that gives attributes, by its text keys; `state` is held. Looked through once, however often it is given.
  const Attributes& AttributesOf(const Value& state);

  // Notes that the pickle names a global at `offset`.
  void NoteGlobal(absl::string_view module, absl::string_view name, bool allowed, int64_t offset);

  // Gives away what was noted.
  std::vector<NamedGlobal> TakeGlobals() { return std::move(document_.globals); }

  // Whether globals outside the table make opaque objects (ReadLimits::opaque_objects).
  bool opaque_objects() const { return limits_.opaque_objects; }
  // Whether `value` may be such an object, which takes whatever is put into it.
  bool IsOpaque(const Value& value) const { return limits_.opaque_objects && value.As<Inert>() != nullptr; }

  // Bytes that all this takes, at most.
  int64_t memory() const { return memory_; }

  // Counts work beside the values (ReadLimits::work).
  void AddWork(int64_t steps) { document_.work += steps; }
  int64_t work() const { return document_.work; }

  // Whether `value` may be put into another one: DataLoss when it is unfinished.
  absl::Status CheckFinished(const Value& value) const;

  // A value of this arena once more, to stand on the stack: what a call gives that gives back its argument.
  Value* Again(const Value* value) { return const_cast<Value*>(value); }

  // Gives the document away, with its root, which is finished.
  Document Finish(Value* root);

 private:
  // What the heap takes beside a block of memory.
  static constexpr int64_t kBlock = 16;

  // Of a value's own members.
  template <typename T>
  static int64_t HeapBytes(const T&) {
    return 0;
  }
  static int64_t HeapBytes(const std::string& text) { return text.size() < sizeof(std::string) / 2 ? 0 : text.capacity() + kBlock; }
  template <typename T>
  static int64_t HeapBytes(const std::vector<T>& items) {
    return items.capacity() == 0 ? 0 : static_cast<int64_t>(items.capacity() * sizeof(T)) + kBlock;
  }
  static int64_t HeapBytes(const BigInt& number) { return HeapBytes(number.bytes); }
  static int64_t HeapBytes(const Text& text) { return HeapBytes(text.utf8); }
  static int64_t HeapBytes(const Storage& storage) { return HeapBytes(storage.key) + (storage.view ? HeapBytes(storage.view->key) : 0); }
  static int64_t HeapBytes(const Tensor& tensor) {
    return HeapBytes(tensor.size) + HeapBytes(tensor.stride) + HeapBytes(tensor.unsupported);
  }
  static int64_t HeapBytes(const Reference& reference) { return HeapBytes(reference.id); }
  static int64_t HeapBytes(const ArrayDType& dtype) { return HeapBytes(dtype.text); }
  static int64_t HeapBytes(const Array& array) { return HeapBytes(array.dtype) + HeapBytes(array.shape) + HeapBytes(array.strides); }
  static int64_t HeapBytes(const Inert& inert) { return HeapBytes(inert.what); }

  // Notes that `parent` holds `item`.
  absl::Status Hold(Value* parent, Value* item);
  // Appends to `text` what tells `key` from every other one as Python does: 1, 1.0 and True are one key.
  absl::Status AppendIdentity(const Value& key, std::string& text) const;

  const ByteSource& source_;
  const ReadLimits limits_;
  Document document_;
  int64_t memory_ = 0;
  Value* none_;
  Value* true_;
  Value* false_;
  std::array<Value*, 256> small_ints_ = {};
  // Positions in document_.globals.
  absl::flat_hash_map<std::pair<std::string, std::string>, size_t> globals_;
  absl::flat_hash_map<const Value*, Attributes> attributes_;
  // The keys of each dict that is not held yet.
  absl::flat_hash_map<const Value*, absl::btree_set<std::string>> keys_;
};

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_ARENA_H_
