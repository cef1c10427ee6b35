#include "formats/json/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "formats/json/quote_json.h"

namespace weighbridge {

void JsonWriter::Key(absl::string_view key) {
  String(key);
  text_ += ": ";
  has_key_ = true;
}

void JsonWriter::String(absl::string_view text) {
  BeforeValue();
  std::string repaired;
  while (!text.empty()) {
    const size_t size = FirstCharacter(text).size;
    absl::StrAppend(&repaired, size == 0 ? absl::string_view("\xef\xbf\xbd") : text.substr(0, size));
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  text_ += Printable(QuoteJson(repaired).value_or("\"\""));
}

void JsonWriter::Hexadecimal(absl::string_view bytes) {
  String(absl::BytesToHexString(bytes));
}

void JsonWriter::Integer(int64_t number) {
  BeforeValue();
  absl::StrAppend(&text_, number);
}

void JsonWriter::Double(double number) {
  if (std::isnan(number)) return String("NaN");
  if (std::isinf(number)) return String(number > 0 ? "Infinity" : "-Infinity");
  BeforeValue();
  std::array<char, 32> digits;
  text_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void JsonWriter::Bool(bool value) {
  BeforeValue();
  text_ += value ? "true" : "false";
}

void JsonWriter::Begin(char bracket) {
  BeforeValue();
  text_ += bracket;
  ++depth_;
  is_first_ = true;
}

void JsonWriter::End(char bracket) {
  --depth_;
  if (!is_first_) NewLine();
  text_ += bracket;
  is_first_ = false;
}

void JsonWriter::BeforeValue() {
  if (!has_key_ && depth_ > 0) {
    if (!is_first_) text_ += ',';
    NewLine();
  }
  has_key_ = false;
  is_first_ = false;
}

void JsonWriter::NewLine() {
  text_ += '\n';
  text_.append(size_t{2} * static_cast<size_t>(depth_), ' ');
}

}  // namespace weighbridge
