#include "formats/paddle/state_dict.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/pickle/value.h"

namespace weighbridge::paddle {

Entries EntriesOf(const pickle::Value& value) {
  Entries entries;
  if (const auto* dict = value.As<pickle::Dict>()) {
    for (const auto& [key, item] : dict->items) {
      if (const std::string* name = TextOf(key)) entries.emplace(*name, item);
    }
  }
  return entries;
}

const std::string* TextOf(const pickle::Value* value) {
  const auto* text = value == nullptr ? nullptr : value->As<pickle::Text>();
  return text == nullptr ? nullptr : &text->utf8;
}

std::string Quoted(absl::string_view name) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(name), "\"");
}

}  // namespace weighbridge::paddle
