#ifndef WEIGHBRIDGE_FORMATS_PICKLE_INTERPRETER_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_INTERPRETER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/machine_options.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// The stack machine behind RunPickle: one handler for each opcode of docs/spec/formats.md 2.2. A handler that fails leaves the object that
// it worked on on the stack, from which the message learns which key of which dict was being filled. Everything on the stack, the marks and
// the memo takes at least a byte of program each.
class Interpreter {
 public:
  Interpreter(const ByteSource& source, int64_t begin, int64_t end, const MachineOptions& options);

  // As RunPickle. Call once.
  absl::StatusOr<Document> Run();

  // What the pickle named until Run ended, well or not, where it gave no document.
  std::vector<NamedGlobal> TakeGlobals() { return arena_.TakeGlobals(); }
  int64_t position() const { return cursor_.position(); }

 private:
  using Handler = absl::Status (Interpreter::*)();
  struct Opcode {
    uint8_t code;
    absl::string_view name;
    Handler handler;
  };
  static absl::Span<const Opcode> Opcodes();
  static const Opcode* FindOpcode(uint8_t code);

  // machine.cc: the loop, the stack, framing and memo.
  absl::Status CheckLimits() const;
  absl::Status Located(const absl::Status& status, int64_t offset, absl::string_view opcode) const;
  // Bytes of program so far.
  int64_t Program() const;
  // Bytes of program that the limit still allows.
  int64_t ProgramLeft() const;
  absl::Status ProgramTooLong() const;
  absl::Status Push(Value* value) {
    stack_.push_back(value);
    return absl::OkStatus();
  }
  absl::Status Push(absl::StatusOr<Value*> value);
  // The last `count` values, above the last mark.
  absl::StatusOr<absl::Span<Value* const>> Top(size_t count) const;
  // The values above the last mark.
  absl::StatusOr<absl::Span<Value* const>> AboveMark() const;
  // The value below the last mark.
  absl::StatusOr<Value*> BelowMark() const;
  void Drop(size_t count) { stack_.resize(stack_.size() - count); }
  void DropToMark();
  absl::Status Refuse();
  absl::Status Proto();
  absl::Status Frame();
  absl::Status Stop();
  absl::Status Memoize();
  absl::Status Store(uint64_t index);
  absl::Status Load(uint64_t index);
  absl::StatusOr<uint64_t> TextIndex();
  absl::Status PutText();
  absl::Status GetText();

  // opcodes_atoms.cc: numbers, texts, bytes.
  absl::StatusOr<std::string> Line();
  absl::Status NoneValue();
  absl::Status True();
  absl::Status False();
  absl::Status Integer(int64_t value) { return Push(arena_.NewInt(value)); }
  absl::Status BinInt();
  absl::Status IntLine();
  absl::Status LongLine();
  absl::Status Decimal(absl::string_view digits);
  absl::Status LongBytes(int64_t size);
  absl::Status TwosComplement(std::string bytes);
  absl::Status BinFloat();
  absl::Status FloatLine();
  absl::Status Unicode(int64_t size);
  absl::Status ByteString(int64_t size);
  absl::Status BytesInPlace(int64_t size);
  absl::Status UnicodeLine();
  absl::Status StringLine();
  absl::StatusOr<Text> DecodeByteString(std::string bytes) const;

  // opcodes_containers.cc.
  absl::Status Mark();
  absl::Status Pop();
  absl::Status PopMark();
  absl::Status Dup();
  absl::Status EmptyTuple();
  absl::Status MakeTuple(int64_t size);
  absl::Status TupleToMark();
  absl::Status EmptyList();
  absl::Status ListToMark();
  absl::Status AppendOne();
  absl::Status AppendToMark();
  absl::Status EmptyDict();
  absl::Status DictToMark();
  absl::Status SetOne();
  absl::Status SetToMark();
  absl::Status EmptySet();
  absl::Status AddToMark();
  absl::Status FrozenSet();
  // Puts the values above the mark into `set`.
  absl::Status AddItems(Value* set);
  absl::StatusOr<Value*> NewTuple(absl::Span<Value* const> items);
  // Puts the values from `first` on, which alternate between keys and items, into `target`. On failure the pair concerned stays on top.
  absl::Status SetItems(Value* target, size_t first);

  // opcodes_objects.cc.
  absl::StatusOr<Value*> NameGlobal(absl::string_view module, absl::string_view name);
  absl::Status GlobalLines();
  absl::Status StackGlobal();
  absl::Status Reduce();
  absl::Status NewObject();
  absl::Status NewObjectWithKeywords();
  // Replaces the last `operands` values by `result`.
  absl::Status Replace(size_t operands, absl::StatusOr<Value*> result);
  absl::Status BuildObject();
  absl::Status PersistentId();
  absl::Status PersistentIdLine();
  absl::Status Instance();

  // Reads a number with kRead and hands it, as not negative, to kUse.
  template <auto kRead, auto kUse>
  absl::Status With();
  template <auto kUse, auto kArgument>
  absl::Status Fixed() {
    return (this->*kUse)(kArgument);
  }

  ByteCursor cursor_;
  const MachineOptions options_;
  const std::vector<const Dialect*> dialects_;  // Python's, then those of the options.
  const int64_t begin_;
  int64_t opcode_offset_ = 0;
  int64_t skipped_ = 0;  // Bytes of payloads that were passed over.
  int protocol_ = 0;
  Arena arena_;
  std::vector<Value*> stack_;
  std::vector<size_t> marks_;  // Sizes of the stack.
  // What was put under 0, 1, 2, … in turn, as picklers do, and what was put under other indexes.
  std::vector<Value*> memo_;
  absl::flat_hash_map<uint64_t, Value*> sparse_memo_;
};

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_INTERPRETER_H_
