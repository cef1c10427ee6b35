#include "tools/byte_count.h"

#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace weighbridge {
namespace {

struct Unit {
  absl::string_view name;
  int64_t bytes;
};

constexpr Unit kUnits[] = {
    {"TiB", int64_t{1} << 40},
    {"GiB", int64_t{1} << 30},
    {"MiB", int64_t{1} << 20},
    {"KiB", int64_t{1} << 10},
    {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},
    {"MB", 1'000'000},
    {"KB", 1'000},
    {"B", 1},
    {"", 1},
};

}  // namespace

bool AbslParseFlag(absl::string_view text, ByteCount* count, std::string* error) {
  size_t digits = 0;
  while (digits < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[digits]))) ++digits;
  int64_t number;
  if (absl::SimpleAtoi(text.substr(0, digits), &number)) {
    for (const Unit& unit : kUnits) {
      if (unit.name == text.substr(digits) && !__builtin_mul_overflow(number, unit.bytes, &count->bytes)) return true;
    }
  }
  *error = "expected a whole number and a unit, as 512MiB or 10GB";
  return false;
}

std::string AbslUnparseFlag(ByteCount count) {
  const Unit* largest = &kUnits[std::size(kUnits) - 1];
  for (const Unit& unit : kUnits) {
    if (count.bytes != 0 && count.bytes % unit.bytes == 0 && unit.bytes > largest->bytes) largest = &unit;
  }
  return absl::StrCat(count.bytes / largest->bytes, largest->name);
}

std::string ReadableBytes(int64_t bytes) {
  constexpr absl::string_view kNames[] = {"B", "KB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  // 999.5 would be written as four digits.
  while (value >= 999.5 && unit + 1 < std::size(kNames)) {
    value /= 1000;
    ++unit;
  }
  if (unit == 0) return absl::StrCat(bytes, " B");
  const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return absl::StrFormat("%.*f %s", decimals, value, kNames[unit]);
}

}  // namespace weighbridge
