#ifndef WEIGHBRIDGE_VERIFY_REPORT_NUMBERS_H_
#define WEIGHBRIDGE_VERIFY_REPORT_NUMBERS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge::report {

// Numbers as people read them. The same on every machine and in every locale.

// "13,476,839,424".
std::string Count(int64_t number);

// "1 tensor", "1,054 tensors": with an s unless it is one.
std::string CountOf(int64_t number, absl::string_view noun);

// Four significant digits: "0.5", "1.526×10⁻⁵", "−3", "∞", "NaN".
std::string Real(double number);

// "12.5 %" of `whole`, with a space that does not break; never rounded to 0 % or 100 % unless it is just that; "–" of nothing.
std::string Share(int64_t part, int64_t whole);

// The sum, or the greatest or least number where it would be more or less: counts in a manifest may be anything.
int64_t SaturatingAdd(int64_t a, int64_t b);

// "⁻¹²".
std::string Superscript(int number);

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_NUMBERS_H_
