#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "base/utf8.h"
#include "formats/pickle/interpreter.h"
#include "formats/pickle/text.h"

namespace weighbridge::pickle {
namespace {

// Texts up to this size are held and checked, longer ones stay in the source.
constexpr int64_t kShortText = int64_t{64} << 10;

// Of a decimal integer. Conversion is quadratic; the numbers that occur have at most some 40 digits.
constexpr size_t kDigitLimit = 256;

// The two's complement of a decimal number, little-endian, of whatever length.
std::string DecimalToBytes(absl::string_view digits, bool negative) {
  std::string bytes(1, '\0');
  for (const char digit : digits) {
    int carry = digit - '0';
    for (char& byte : bytes) {
      carry += static_cast<uint8_t>(byte) * 10;
      byte = static_cast<char>(carry & 0xff);
      carry >>= 8;
    }
    if (carry != 0) bytes.push_back(static_cast<char>(carry));
  }
  bytes.push_back('\0');
  if (!negative) return bytes;
  int carry = 1;
  for (char& byte : bytes) {
    carry += static_cast<uint8_t>(~byte);
    byte = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> Interpreter::Line() {
  const int64_t limit = ProgramLeft();
  // DataLoss is right only where the pickle, and not the limit, cuts the line.
  const bool may_be_longer = cursor_.remaining() > limit;
  absl::StatusOr<std::string> line = cursor_.ReadLine(limit);
  if (may_be_longer && absl::IsDataLoss(line.status())) return ProgramTooLong();
  return line;
}

absl::Status Interpreter::NoneValue() {
  return Push(arena_.NewNone());
}

absl::Status Interpreter::True() {
  return Push(arena_.NewBool(true));
}

absl::Status Interpreter::False() {
  return Push(arena_.NewBool(false));
}

absl::Status Interpreter::BinInt() {
  absl::StatusOr<int32_t> value = cursor_.ReadI32();
  return value.ok() ? Integer(*value) : value.status();
}

// CPython reads by strtol with base 0, the unpickler in Python by int(): here only what all take for the same number.
absl::Status Interpreter::IntLine() {
  ASSIGN_OR_RETURN(std::string line, Line());
  if (line == "00") return False();
  if (line == "01") return True();
  return Decimal(line);
}

absl::Status Interpreter::LongLine() {
  ASSIGN_OR_RETURN(std::string line, Line());
  return Decimal(absl::StripSuffix(line, "L"));
}

absl::Status Interpreter::Decimal(absl::string_view digits) {
  const absl::string_view number = digits;
  const bool negative = absl::ConsumePrefix(&digits, "-");
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit)) {
    return absl::DataLossError(absl::StrCat(Quote(number), " is not an integer"));
  }
  if (digits[0] == '0' && number != "0") {
    return absl::DataLossError(
        absl::StrCat(Quote(number), " begins with a zero, which is octal, a bool or an error, depending on the reader"));
  }
  if (digits.size() > kDigitLimit) {
    return absl::ResourceExhaustedError(absl::StrCat("an integer of ", digits.size(), " digits is beyond the limit of ", kDigitLimit));
  }
  return TwosComplement(DecimalToBytes(digits, negative));
}

absl::Status Interpreter::LongBytes(int64_t size) {
  if (size > cursor_.remaining()) {
    return absl::DataLossError(absl::StrCat("an integer of ", size, " bytes is announced, ", cursor_.remaining(), " bytes are left"));
  }
  if (size > ProgramLeft()) return absl::ResourceExhaustedError(absl::StrCat("an integer of ", size, " bytes"));
  ASSIGN_OR_RETURN(std::string bytes, cursor_.ReadString(size));
  return TwosComplement(std::move(bytes));
}

// Each integer has one form here, so that equal ones are equal: the shortest, and int64 where it fits.
absl::Status Interpreter::TwosComplement(std::string bytes) {
  const bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
  const char sign = negative ? '\xff' : '\0';
  while (bytes.size() > 1 && bytes.back() == sign && ((bytes[bytes.size() - 2] & 0x80) != 0) == negative) bytes.pop_back();
  if (bytes.size() > sizeof(int64_t)) return Push(arena_.New(BigInt{std::move(bytes)}));
  int64_t value = negative ? -1 : 0;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) value = value * 256 + static_cast<uint8_t>(*byte);
  return Integer(value);
}

absl::Status Interpreter::BinFloat() {
  ASSIGN_OR_RETURN(double value, cursor_.ReadF64BigEndian());
  return Push(arena_.New(value));
}

absl::Status Interpreter::FloatLine() {
  ASSIGN_OR_RETURN(std::string line, Line());
  // Python takes neither spaces nor NaN with a payload, and no number that is too large.
  const bool is_plain = line.find_first_not_of("0123456789+-.eEinftyaINFTYA") == std::string::npos;
  double value = 0;
  if (!is_plain || !absl::SimpleAtod(line, &value) || (std::isinf(value) && std::any_of(line.begin(), line.end(), absl::ascii_isdigit))) {
    return absl::DataLossError(absl::StrCat(Quote(line), " is not a float"));
  }
  return Push(arena_.New(value));
}

absl::Status Interpreter::Unicode(int64_t size) {
  const Bytes bytes = {.offset = cursor_.position(), .size = size, .latin1 = true};
  if (size > kShortText) {
    RETURN_IF_ERROR(cursor_.Skip(size));
    skipped_ += size;
    return Push(arena_.New(LongText{bytes}));
  }
  ASSIGN_OR_RETURN(std::string utf8, cursor_.ReadString(size));
  if (!IsUtf8(utf8)) return absl::DataLossError(absl::StrCat("the text ", Quote(utf8), " is not valid UTF-8"));
  return Push(arena_.New(Text{.utf8 = std::move(utf8), .from_bytes = false, .bytes = bytes}));
}

absl::StatusOr<Text> Interpreter::DecodeByteString(std::string bytes) const {
  if (options_.byte_strings == MachineOptions::ByteStrings::kLatin1) return Text{.utf8 = Latin1ToUtf8(bytes), .from_bytes = true};
  if (!IsUtf8(bytes)) return absl::DataLossError(absl::StrCat("the Python 2 string ", Quote(bytes), " is not valid UTF-8"));
  return Text{.utf8 = std::move(bytes), .from_bytes = true};
}

// numpy and _codecs encode the text that Python makes of a byte string as latin-1 again.
absl::Status Interpreter::ByteString(int64_t size) {
  const bool is_utf8 = options_.byte_strings == MachineOptions::ByteStrings::kUtf8;
  const Bytes bytes = {.offset = cursor_.position(), .size = size, .latin1 = is_utf8};
  if (size > kShortText) {
    RETURN_IF_ERROR(cursor_.Skip(size));
    skipped_ += size;
    return Push(arena_.New(LongText{.bytes = bytes, .from_bytes = true}));
  }
  ASSIGN_OR_RETURN(std::string contents, cursor_.ReadString(size));
  ASSIGN_OR_RETURN(Text text, DecodeByteString(std::move(contents)));
  text.bytes = bytes;
  return Push(arena_.New(std::move(text)));
}

absl::Status Interpreter::BytesInPlace(int64_t size) {
  const Bytes bytes = {.offset = cursor_.position(), .size = size};
  RETURN_IF_ERROR(cursor_.Skip(size));
  skipped_ += size;
  return Push(arena_.New(bytes));
}

absl::Status Interpreter::UnicodeLine() {
  ASSIGN_OR_RETURN(std::string line, Line());
  std::optional<std::string> utf8 = DecodeRawUnicodeEscape(line);
  if (!utf8.has_value()) return absl::DataLossError(absl::StrCat("the text ", Quote(line), " has an escape that is not a character"));
  return Push(arena_.New(Text{.utf8 = *std::move(utf8)}));
}

absl::Status Interpreter::StringLine() {
  ASSIGN_OR_RETURN(std::string line, Line());
  std::optional<std::string> bytes = DecodeStringLiteral(line);
  if (!bytes.has_value()) return absl::DataLossError(absl::StrCat(Quote(line), " is not a string in quotes"));
  ASSIGN_OR_RETURN(Text text, DecodeByteString(*std::move(bytes)));
  return Push(arena_.New(std::move(text)));
}

}  // namespace weighbridge::pickle
