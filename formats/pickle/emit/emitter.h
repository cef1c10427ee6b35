#ifndef WEIGHBRIDGE_FORMATS_PICKLE_EMIT_EMITTER_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_EMIT_EMITTER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "formats/pickle/emit/encoding.h"

namespace weighbridge::pickle {

// A stretch of a pickle: literal `bytes`, then, when `payload` is set, a slot of that many bytes (also 0) which others fill.
struct Piece {
  std::string bytes;
  std::optional<int64_t> payload;

  friend bool operator==(const Piece&, const Piece&) = default;
};

// Writes a pickle of protocol 4 with the bytes of CPython's own pickler (3.7 and later; docs/spec/reference_pipeline.md F.3). The caller
// makes the calls in the order in which the pickler saves objects; the emitter chooses each value's shortest opcode, batches the items of
// dicts and cuts the frames: when a value begins and the frame holds 64 KiB already, and around every text or bytes of 64 KiB and more,
// which stand outside frames. Payloads count in their frame's length. Not thread-safe.
class Emitter {
 public:
  // Of a value that was memoized: its index in the unpickler's memo.
  using Memo = uint32_t;

  // Begins with PROTO 4.
  Emitter();

  // Values that stand alone.
  void None();
  void Bool(bool value);
  void Int(int64_t value);
  void Text(absl::string_view utf8);
  void Bytes(absl::string_view bytes);
  // Bytes whose contents are a slot. Slots stand in the order of these calls.
  void PayloadBytes(int64_t size);

  // Remembers the value that was just completed. CPython does so after every text, bytes, dict, tuple that is not empty, global and object.
  Memo Memoize();
  // The remembered value again.
  void Get(Memo memo);

  // The tuple of the last `size` values, 1 to 3; () for 0, which is never memoized.
  void Tuple(int size);
  // A tuple of 4 or more: the values between the two calls.
  void BeginTuple();
  void EndTuple();

  // {}, whose items follow after Memoize: BeginItems(count), `count` times a key, a value and EndItem, then EndItems. For no items nothing
  // is called. Dicts may nest.
  void EmptyDict();
  void BeginItems(int64_t count);
  void EndItem();
  void EndItems();

  // The global of the last two texts, module and name.
  void StackGlobal();
  // The call of the value before the last with the last, a tuple.
  void Reduce();
  // Gives the value before the last the last as its state.
  void Build();

  // Ends with STOP and gives all pieces; only the last may be without payload. Call once, last.
  std::vector<Piece> Finish();

 private:
  // What CPython does at the start of each value: closes a frame that is full.
  void BeginValue();
  void Write(absl::string_view bytes);
  void WriteOpcode(char opcode);
  void WriteSized(absl::string_view header, absl::string_view bytes);
  void OpenFrame();
  void CloseFrame();

  std::vector<Piece> pieces_;
  bool framing_ = false;
  // The open frame: where its header stands and the bytes that it holds so far.
  bool frame_open_ = false;
  size_t frame_piece_ = 0;
  size_t frame_offset_ = 0;
  int64_t frame_size_ = 0;
  Memo memos_ = 0;
  std::vector<ItemBatches> items_;
};

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_EMIT_EMITTER_H_
