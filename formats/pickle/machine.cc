#include "formats/pickle/machine.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/pickle/budget.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/interpreter.h"
#include "formats/pickle/place.h"
#include "formats/pickle/python_dialect.h"
#include "formats/pickle/text.h"

namespace weighbridge::pickle {
namespace {

constexpr uint8_t kStop = '.';
constexpr uint8_t kNewestProtocol = 5;

// What an entry takes in a vector that grows, the old one and the new one together; and in the map.
constexpr int64_t kEntry = 3 * sizeof(Value*);
constexpr int64_t kSparseEntry = 64;

std::vector<const Dialect*> WithPython(Dialects dialects) {
  std::vector<const Dialect*> all = {&PythonDialect()};
  all.insert(all.end(), dialects.begin(), dialects.end());
  return all;
}

}  // namespace

template <auto kRead, auto kUse>
absl::Status Interpreter::With() {
  ASSIGN_OR_RETURN(const auto number, (cursor_.*kRead)());
  if constexpr (std::is_signed_v<std::decay_t<decltype(number)>>) {
    if (number < 0) return absl::DataLossError(absl::StrCat("the length ", number, " is negative"));
  }
  return (this->*kUse)(number);
}

absl::Span<const Interpreter::Opcode> Interpreter::Opcodes() {
  using I = Interpreter;
  using C = ByteCursor;
  static constexpr Opcode kOpcodes[] = {
      {0x80, "PROTO", &I::Proto},
      {0x95, "FRAME", &I::Frame},
      {kStop, "STOP", &I::Stop},

      {'N', "NONE", &I::NoneValue},
      {0x88, "NEWTRUE", &I::True},
      {0x89, "NEWFALSE", &I::False},
      {'J', "BININT", &I::BinInt},
      {'K', "BININT1", &I::With<&C::ReadU8, &I::Integer>},
      {'M', "BININT2", &I::With<&C::ReadU16, &I::Integer>},
      {0x8a, "LONG1", &I::With<&C::ReadU8, &I::LongBytes>},
      {0x8b, "LONG4", &I::With<&C::ReadI32, &I::LongBytes>},
      {'I', "INT", &I::IntLine},
      {'L', "LONG", &I::LongLine},
      {'G', "BINFLOAT", &I::BinFloat},
      {'F', "FLOAT", &I::FloatLine},

      {0x8c, "SHORT_BINUNICODE", &I::With<&C::ReadU8, &I::Unicode>},
      {'X', "BINUNICODE", &I::With<&C::ReadU32, &I::Unicode>},
      {0x8d, "BINUNICODE8", &I::With<&C::ReadSize, &I::Unicode>},
      {'V', "UNICODE", &I::UnicodeLine},
      {'U', "SHORT_BINSTRING", &I::With<&C::ReadU8, &I::ByteString>},
      {'T', "BINSTRING", &I::With<&C::ReadI32, &I::ByteString>},
      {'S', "STRING", &I::StringLine},
      {'C', "SHORT_BINBYTES", &I::With<&C::ReadU8, &I::BytesInPlace>},
      {'B', "BINBYTES", &I::With<&C::ReadU32, &I::BytesInPlace>},
      {0x8e, "BINBYTES8", &I::With<&C::ReadSize, &I::BytesInPlace>},
      {0x96, "BYTEARRAY8", &I::With<&C::ReadSize, &I::BytesInPlace>},

      {'(', "MARK", &I::Mark},
      {'0', "POP", &I::Pop},
      {'1', "POP_MARK", &I::PopMark},
      {'2', "DUP", &I::Dup},
      {')', "EMPTY_TUPLE", &I::EmptyTuple},
      {0x85, "TUPLE1", &I::Fixed<&I::MakeTuple, 1>},
      {0x86, "TUPLE2", &I::Fixed<&I::MakeTuple, 2>},
      {0x87, "TUPLE3", &I::Fixed<&I::MakeTuple, 3>},
      {'t', "TUPLE", &I::TupleToMark},
      {']', "EMPTY_LIST", &I::EmptyList},
      {'l', "LIST", &I::ListToMark},
      {'a', "APPEND", &I::AppendOne},
      {'e', "APPENDS", &I::AppendToMark},
      {'}', "EMPTY_DICT", &I::EmptyDict},
      {'d', "DICT", &I::DictToMark},
      {'s', "SETITEM", &I::SetOne},
      {'u', "SETITEMS", &I::SetToMark},
      {0x8f, "EMPTY_SET", &I::EmptySet},
      {0x90, "ADDITEMS", &I::AddToMark},
      {0x91, "FROZENSET", &I::FrozenSet},

      {'q', "BINPUT", &I::With<&C::ReadU8, &I::Store>},
      {'r', "LONG_BINPUT", &I::With<&C::ReadU32, &I::Store>},
      {'p', "PUT", &I::PutText},
      {0x94, "MEMOIZE", &I::Memoize},
      {'h', "BINGET", &I::With<&C::ReadU8, &I::Load>},
      {'j', "LONG_BINGET", &I::With<&C::ReadU32, &I::Load>},
      {'g', "GET", &I::GetText},

      {'c', "GLOBAL", &I::GlobalLines},
      {0x93, "STACK_GLOBAL", &I::StackGlobal},
      {'R', "REDUCE", &I::Reduce},
      {0x81, "NEWOBJ", &I::NewObject},
      {0x92, "NEWOBJ_EX", &I::NewObjectWithKeywords},
      {'b', "BUILD", &I::BuildObject},
      {'Q', "BINPERSID", &I::PersistentId},
      {'P', "PERSID", &I::PersistentIdLine},

      {'i', "INST", &I::Instance},
      {'o', "OBJ", &I::Refuse},
      {0x82, "EXT1", &I::Refuse},
      {0x83, "EXT2", &I::Refuse},
      {0x84, "EXT4", &I::Refuse},
      {0x97, "NEXT_BUFFER", &I::Refuse},
      {0x98, "READONLY_BUFFER", &I::Refuse},
  };
  return kOpcodes;
}

const Interpreter::Opcode* Interpreter::FindOpcode(uint8_t code) {
  static const auto kByCode = [] {
    std::array<const Opcode*, 256> by_code = {};
    for (const Opcode& opcode : Opcodes()) by_code[opcode.code] = &opcode;
    return by_code;
  }();
  return kByCode[code];
}

Interpreter::Interpreter(const ByteSource& source, int64_t begin, int64_t end, const MachineOptions& options)
    : cursor_(source, begin, end),
      options_(options),
      dialects_(WithPython(options.dialects)),
      begin_(begin),
      arena_(source, options.limits) {}

absl::StatusOr<Document> Interpreter::Run() {
  while (true) {
    const int64_t offset = opcode_offset_ = cursor_.position();
    if (cursor_.remaining() == 0) return Located(absl::DataLossError("the pickle ends without STOP"), offset, "");
    ASSIGN_OR_RETURN(uint8_t code, cursor_.ReadU8(), Located(_, offset, ""));
    const Opcode* opcode = FindOpcode(code);
    if (opcode == nullptr)
      return Located(absl::DataLossError(absl::StrCat("0x", absl::Hex(code, absl::kZeroPad2), " is not an opcode")), offset, "");
    absl::Status status = (this->*opcode->handler)();
    if (status.ok()) status = CheckLimits();
    if (!status.ok()) return Located(status, offset, opcode->name);
    if (code != kStop) continue;
    Document document = arena_.Finish(stack_.back());
    document.end = cursor_.position();
    document.protocol = protocol_;
    document.program = Program();
    return document;
  }
}

absl::Status Interpreter::CheckLimits() const {
  if (ProgramLeft() < 0) return ProgramTooLong();
  const auto entries = static_cast<int64_t>(stack_.size() + marks_.size() + memo_.size());
  const int64_t memory = arena_.memory() + kEntry * entries + kSparseEntry * static_cast<int64_t>(sparse_memo_.size());
  if (const int64_t limit = MemoryLimit(options_.limits, Program()); memory > limit) {
    return absl::ResourceExhaustedError(absl::StrCat("its values take ", memory, " bytes of memory; the limit is ", limit));
  }
  return CheckWork(arena_.work(), options_.limits, Program());
}

absl::Status Interpreter::Located(const absl::Status& status, int64_t offset, absl::string_view opcode) const {
  std::string message = absl::StrCat("offset ", offset, ": ");
  if (!opcode.empty()) absl::StrAppend(&message, opcode);
  if (const std::string key = PlaceOf(stack_, marks_); !key.empty()) absl::StrAppend(&message, opcode.empty() ? "in " : " in ", key);
  if (message.back() != ' ') message += ": ";
  return absl::Status(status.code(), absl::StrCat(message, status.message()));
}

absl::Status Interpreter::ProgramTooLong() const {
  return absl::ResourceExhaustedError(absl::StrCat("the pickle is longer than the limit of ", options_.limits.pickle_bytes, " bytes"));
}

int64_t Interpreter::Program() const {
  return cursor_.position() - begin_ - skipped_;
}

int64_t Interpreter::ProgramLeft() const {
  return options_.limits.pickle_bytes - Program();
}

absl::Status Interpreter::Push(absl::StatusOr<Value*> value) {
  if (!value.ok()) return value.status();
  return Push(*value);
}

absl::StatusOr<absl::Span<Value* const>> Interpreter::Top(size_t count) const {
  const size_t bottom = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() - bottom < count) {
    return absl::DataLossError(absl::StrCat("expected ", count, " values on the stack, got ", stack_.size() - bottom));
  }
  return absl::MakeConstSpan(stack_).last(count);
}

absl::StatusOr<absl::Span<Value* const>> Interpreter::AboveMark() const {
  if (marks_.empty()) return absl::DataLossError("there is no mark on the stack");
  return absl::MakeConstSpan(stack_).subspan(marks_.back());
}

absl::StatusOr<Value*> Interpreter::BelowMark() const {
  if (marks_.empty()) return absl::DataLossError("there is no mark on the stack");
  const size_t bottom = marks_.size() == 1 ? 0 : marks_[marks_.size() - 2];
  if (marks_.back() == bottom) return absl::DataLossError("nothing stands below the mark");
  return stack_[marks_.back() - 1];
}

void Interpreter::DropToMark() {
  stack_.resize(marks_.back());
  marks_.pop_back();
}

absl::Status Interpreter::Refuse() {
  return absl::UnimplementedError("this opcode is not read; no checkpoint needs it");
}

absl::Status Interpreter::Proto() {
  ASSIGN_OR_RETURN(uint8_t protocol, cursor_.ReadU8());
  if (protocol > kNewestProtocol) return absl::UnimplementedError(absl::StrCat("protocol ", protocol, " is not read, only 0 to 5"));
  protocol_ = protocol;
  return absl::OkStatus();
}

absl::Status Interpreter::Frame() {
  ASSIGN_OR_RETURN(int64_t size, cursor_.ReadSize());
  if (size > cursor_.remaining()) {
    return absl::DataLossError(absl::StrCat("a frame of ", size, " bytes is announced, ", cursor_.remaining(), " are left"));
  }
  return absl::OkStatus();
}

absl::Status Interpreter::Stop() {
  ASSIGN_OR_RETURN(absl::Span<Value* const> root, Top(1));
  return arena_.CheckFinished(*root.front());
}

absl::Status Interpreter::Memoize() {
  return Store(memo_.size() + sparse_memo_.size());
}

absl::Status Interpreter::Store(uint64_t index) {
  ASSIGN_OR_RETURN(absl::Span<Value* const> top, Top(1));
  if (index < memo_.size()) {
    memo_[index] = top.front();
  } else if (index == memo_.size() && !sparse_memo_.contains(index)) {
    memo_.push_back(top.front());
  } else {
    sparse_memo_[index] = top.front();
  }
  return absl::OkStatus();
}

absl::Status Interpreter::Load(uint64_t index) {
  if (index < memo_.size()) return Push(memo_[index]);
  const auto entry = sparse_memo_.find(index);
  if (entry == sparse_memo_.end()) return absl::DataLossError(absl::StrCat("the memo has no entry ", index));
  return Push(entry->second);
}

absl::StatusOr<uint64_t> Interpreter::TextIndex() {
  ASSIGN_OR_RETURN(std::string line, Line());
  uint64_t index = 0;
  if (!absl::SimpleAtoi(line, &index)) return absl::DataLossError(absl::StrCat(Quote(line), " is not an index of the memo"));
  return index;
}

absl::Status Interpreter::PutText() {
  absl::StatusOr<uint64_t> index = TextIndex();
  return index.ok() ? Store(*index) : index.status();
}

absl::Status Interpreter::GetText() {
  absl::StatusOr<uint64_t> index = TextIndex();
  return index.ok() ? Load(*index) : index.status();
}

absl::StatusOr<Document> RunPickle(const ByteSource& source, int64_t begin, int64_t end, const MachineOptions& options) {
  return Interpreter(source, begin, end, options).Run();
}

GlobalsReport ListGlobals(const ByteSource& source, int64_t begin, int64_t end, MachineOptions options) {
  options.limits.opaque_objects = true;
  Interpreter interpreter(source, begin, end, options);
  absl::StatusOr<Document> document = interpreter.Run();
  if (document.ok()) return {.globals = std::move(document->globals), .status = absl::OkStatus(), .end = document->end};
  return {.globals = interpreter.TakeGlobals(), .status = document.status(), .end = interpreter.position()};
}

}  // namespace weighbridge::pickle
