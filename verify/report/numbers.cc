#include "verify/report/numbers.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace weighbridge::report {

std::string Count(int64_t number) {
  std::string digits = absl::StrCat(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3;) digits.insert(i -= 3, 1, ',');
  return digits;
}

std::string CountOf(int64_t number, absl::string_view noun) {
  return absl::StrCat(Count(number), " ", noun, number == 1 ? "" : "s");
}

std::string Real(double number) {
  if (number == 0) return "0";  // Not "−0".
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "−∞" : "∞";
  const std::string text = absl::StrFormat("%.4g", number);
  const size_t e = text.find('e');
  std::string readable = text.substr(0, e);
  int exponent;
  if (e != std::string::npos && absl::SimpleAtoi(text.substr(e + 1), &exponent)) absl::StrAppend(&readable, "×10", Superscript(exponent));
  return absl::StrReplaceAll(readable, {{"-", "−"}});
}

std::string Share(int64_t part, int64_t whole) {
  if (whole <= 0 || part < 0) return "–";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && percent < 0.001) return "< 0.001\u00a0%";
  if (part < whole && percent > 99.999) return "> 99.999\u00a0%";
  return absl::StrFormat("%.*f\u00a0%%", percent == std::round(percent) ? 0 : percent < 1 || percent > 99 ? 3 : 1, percent);
}

int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

std::string Superscript(int number) {
  constexpr absl::string_view kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string superscript;
  for (const char c : absl::StrCat(number)) absl::StrAppend(&superscript, c == '-' ? absl::string_view("⁻") : kDigits[c - '0']);
  return superscript;
}

}  // namespace weighbridge::report
