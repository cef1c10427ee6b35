#ifndef WEIGHBRIDGE_FORMATS_JSON_JSON_WRITER_H_
#define WEIGHBRIDGE_FORMATS_JSON_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace weighbridge {

// Writes one JSON value, two spaces deeper on each level; the caller keeps to the order in which JSON allows things. Texts that are not
// UTF-8 are written with U+FFFD in the place of what is not; numbers that JSON does not know become the texts "NaN", "Infinity" and
// "-Infinity".
class JsonWriter {
 public:
  void BeginObject() { Begin('{'); }
  void EndObject() { End('}'); }
  void BeginArray() { Begin('['); }
  void EndArray() { End(']'); }

  // Before every member of an object.
  void Key(absl::string_view key);

  void String(absl::string_view text);
  void Hexadecimal(absl::string_view bytes);
  void Integer(int64_t number);
  void Double(double number);  // The shortest text that reads back as the same.
  void Bool(bool value);

  // The text so far, and a newline.
  std::string Finish() && { return std::move(text_) + "\n"; }

 private:
  void Begin(char bracket);
  void End(char bracket);
  void BeforeValue();
  void NewLine();

  std::string text_;
  int depth_ = 0;
  bool is_first_ = true;  // In the container that is open.
  bool has_key_ = false;  // The value stands behind its key.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_JSON_JSON_WRITER_H_
