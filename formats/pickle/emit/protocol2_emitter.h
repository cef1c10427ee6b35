#ifndef WEIGHBRIDGE_FORMATS_PICKLE_EMIT_PROTOCOL2_EMITTER_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_EMIT_PROTOCOL2_EMITTER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "formats/pickle/emit/encoding.h"

namespace weighbridge::pickle {

// Writes a pickle of protocol 2 with the bytes of CPython's own pickler. The caller makes the calls in the order in which the pickler saves
// objects; every text, global, dict, tuple that is not empty and called object is memoized, as the pickler does. Not thread-safe.
class Protocol2Emitter {
 public:
  // The index of a value in the unpickler's memo.
  using Memo = uint32_t;

  // Begins with PROTO 2.
  Protocol2Emitter();

  // Values that stand alone. A text has less than 4 GiB.
  void Bool(bool value);
  void Int(int64_t value);
  Memo Text(absl::string_view utf8);
  Memo Global(absl::string_view module, absl::string_view name);

  // The remembered value again.
  void Get(Memo memo);

  // The tuple of the last `size` values, 0 to 3.
  void Tuple(int size);
  // A tuple of 4 or more: the values between the two calls.
  void BeginTuple();
  void EndTuple();

  // {}. Its items may follow, as may those of a called object that is a dict.
  void EmptyDict();
  // `count` times a key, a value and EndItem stand between the two calls; `count` may be 0. They may nest.
  void BeginItems(ItemBatches::Of of, int64_t count);
  void EndItem();
  void EndItems();

  // The call of the value before the last with the last, a tuple.
  void Reduce();
  // Gives the value before the last the last as its state.
  void Build();
  // The object outside the pickle that the last value, a tuple, stands for.
  void PersistentId();

  // Ends with STOP and gives the pickle. Call once, last.
  std::string Finish();

 private:
  void WriteOpcode(char opcode);
  Memo Memoize();

  std::string bytes_;
  Memo memos_ = 0;
  std::vector<ItemBatches> items_;
};

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_EMIT_PROTOCOL2_EMITTER_H_
