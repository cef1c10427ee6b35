#ifndef WEIGHBRIDGE_FORMATS_PICKLE_PICKLE_ASSEMBLER_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_PICKLE_ASSEMBLER_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weighbridge::pickle {

// For tests: pickles written down opcode by opcode, so that they can be wrong. Opcodes without arguments are letters in the text.

// `size` bytes of `value`, little-endian.
inline std::string Number(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

inline std::string Proto(uint8_t protocol) {
  return absl::StrCat("\x80", Number(protocol, 1));
}
// BINUNICODE, SHORT_BINSTRING, BINBYTES.
inline std::string Unicode(absl::string_view utf8) {
  return absl::StrCat("X", Number(utf8.size(), 4), utf8);
}
inline std::string Python2(absl::string_view bytes) {
  return absl::StrCat("U", Number(bytes.size(), 1), bytes);
}
inline std::string Binary(absl::string_view bytes) {
  return absl::StrCat("B", Number(bytes.size(), 4), bytes);
}
inline std::string Int(int32_t value) {
  return absl::StrCat("J", Number(static_cast<uint32_t>(value), 4));
}
inline std::string Long(int64_t value) {
  return absl::StrCat("\x8a\x08", Number(static_cast<uint64_t>(value), 8));
}
inline std::string GlobalOf(absl::string_view module, absl::string_view name) {
  return absl::StrCat("c", module, "\n", name, "\n");
}
inline std::string Repeat(absl::string_view program, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) absl::StrAppend(&repeated, program);
  return repeated;
}

inline constexpr char kTrue[] = "\x88";
inline constexpr char kFalse[] = "\x89";

// A tuple of what `members` makes, and a call of what `function` makes with it.
inline std::string TupleOf(absl::string_view members) {
  return absl::StrCat("(", members, "t");
}
inline std::string CallOf(absl::string_view function, absl::string_view arguments) {
  return absl::StrCat(function, TupleOf(arguments), "R");
}

// numpy's objects, with each part as a program of its own.
inline std::string NumpyDType(absl::string_view text, absl::string_view order = "<") {
  return absl::StrCat(CallOf(GlobalOf("numpy", "dtype"), absl::StrCat(Unicode(text), kFalse, kTrue)),
                      TupleOf(absl::StrCat("K\x03", Unicode(order), "NNN", Int(-1), Int(-1), absl::string_view("K\0", 2))), "b");
}
inline std::string EmptyArray() {
  return CallOf(GlobalOf("numpy.core.multiarray", "_reconstruct"),
                absl::StrCat(GlobalOf("numpy", "ndarray"), TupleOf(Int(0)), Binary("b")));
}
inline std::string ArrayState(absl::string_view version, absl::string_view shape, absl::string_view dtype, absl::string_view fortran,
                              absl::string_view data) {
  return TupleOf(absl::StrCat(version, shape, dtype, fortran, data));
}
inline std::string NumpyArray(absl::string_view shape, absl::string_view dtype, absl::string_view data,
                              absl::string_view fortran = kFalse) {
  return absl::StrCat(EmptyArray(), ArrayState(Int(1), shape, dtype, fortran, data), "b");
}

// torch's: a persistent id of the zip form, and the call that makes a tensor.
inline std::string StorageOf(absl::string_view type, absl::string_view key, int64_t numel) {
  return absl::StrCat(TupleOf(absl::StrCat(Unicode("storage"), GlobalOf("torch", type), Unicode(key), Unicode("cpu"), Long(numel))), "Q");
}
inline std::string EmptyOrderedDict() {
  return absl::StrCat(GlobalOf("collections", "OrderedDict"), ")R");
}
inline std::string TensorV2(absl::string_view storage, absl::string_view offset, absl::string_view size, absl::string_view stride,
                            absl::string_view more = "") {
  return CallOf(GlobalOf("torch._utils", "_rebuild_tensor_v2"),
                absl::StrCat(storage, offset, size, stride, kFalse, EmptyOrderedDict(), more));
}

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_PICKLE_ASSEMBLER_H_
