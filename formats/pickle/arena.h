#ifndef WEIGHBRIDGE_FORMATS_PICKLE_ARENA_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_ARENA_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"

namespace weighbridge::pickle {

// Makes the values of one Document and puts them into each other, under the rules that keep any program harmless:
//   - A value that another one holds never changes again. Pickles of real objects are like that, since the inner object is completed first.
//     So no value can come to hold itself, and the depth of a value is final when it is held: both are seen at once, without a walk.
//   - A value that still waits for its BUILD is never held (formats.md 8.2, 8.3).
//   - Values, and the items that are put into them, are counted and limited.
// Functions that fail leave the arena as it was, or a value with some of its items; the reading ends then.
class Arena {
 public:
  Arena(const ByteSource& source, const ReadLimits& limits);

  // A new value. None, bools and small integers are shared. ResourceExhausted beyond the limit on values.
  template <typename T>
  absl::StatusOr<Value*> New(T data) {
    if (absl::Status status = CountValue(); !status.ok()) return status;
    return &document_.values.emplace_back(Value{.data = std::move(data)});
  }
  Value* NewNone() { return none_; }
  Value* NewBool(bool value) { return value ? true_ : false_; }
  absl::StatusOr<Value*> NewInt(int64_t value);

  // Put `item` into `parent`, in the case of a dict under `key`. DataLoss: `parent` is held, or an item is unfinished; for dicts: the key
  // is there already. Unimplemented: the key is of a kind that no dict here has (formats.md 2.8). ResourceExhausted: nested too deep, too
  // many items.
  absl::Status Append(Value* parent, List& list, Value* item);
  absl::Status Append(Value* parent, Tuple& tuple, Value* item);
  absl::Status SetItem(Value* parent, Dict& dict, Value* key, Value* item);
  absl::Status SetMetadata(Value* parent, Dict& dict, Value* metadata);

  // Whether `value` may be put into another one: DataLoss when it is unfinished.
  absl::Status CheckFinished(const Value& value) const;

  // A value of this arena once more, to stand on the stack: what a call gives that gives back its argument.
  Value* Again(const Value* value) { return const_cast<Value*>(value); }

  // Gives the document away, with its root, which is finished.
  Document Finish(Value* root);

 private:
  // ResourceExhausted when one more value would be too many.
  absl::Status CountValue() const;
  // Notes that `parent` holds `item`.
  absl::Status Hold(Value* parent, Value* item);
  // Appends to `text` what tells `key` from every other one as Python does: 1, 1.0 and True are one key.
  absl::Status AppendIdentity(const Value& key, std::string& text) const;

  const ByteSource& source_;
  const ReadLimits limits_;
  Document document_;
  int64_t items_ = 0;
  Value* none_;
  Value* true_;
  Value* false_;
  std::array<Value*, 256> small_ints_ = {};
  // The keys of each dict that is not held yet.
  absl::flat_hash_map<const Value*, absl::flat_hash_set<std::string>> keys_;
};

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_ARENA_H_
