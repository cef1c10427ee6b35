#include "verify/manifest/message_difference.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/unknown_field_set.h"

namespace weighbridge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Of a text that is shown, and how much stands before the first difference.
constexpr size_t kShown = 80;
constexpr size_t kBefore = 20;

// `text` from shortly before `from` on.
std::string Excerpt(absl::string_view text, size_t from, bool is_bytes) {
  const size_t begin = text.size() > kShown && from > kBefore ? from - kBefore : 0;
  const absl::string_view shown = text.substr(begin, kShown);
  return absl::StrCat(begin > 0 ? "…" : "", is_bytes ? "" : "\"", is_bytes ? absl::BytesToHexString(shown) : absl::Utf8SafeCEscape(shown),
                      is_bytes ? "" : "\"", begin + shown.size() < text.size() ? "…" : "");
}

// A value of a field that is no message: what it is told apart by, and what is shown of it.
struct Value {
  bool is_there = true;
  std::string bits;
};

template <typename Number>
std::string BitsOf(Number number) {
  return std::string(reinterpret_cast<const char*>(&number), sizeof(number));
}

// `index` is -1 for a field that is not repeated.
Value ValueOf(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  if (index < 0 && field.has_presence() && !reflection.HasField(message, &field)) return {.is_there = false, .bits = ""};
  const auto get = [&](auto single, auto indexed) {
    return index < 0 ? (reflection.*single)(message, &field) : (reflection.*indexed)(message, &field, index);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return {.bits = BitsOf(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32))};
    case FieldDescriptor::CPPTYPE_INT64:
      return {.bits = BitsOf(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64))};
    case FieldDescriptor::CPPTYPE_UINT32:
      return {.bits = BitsOf(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32))};
    case FieldDescriptor::CPPTYPE_UINT64:
      return {.bits = BitsOf(get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64))};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return {.bits = BitsOf(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble))};
    case FieldDescriptor::CPPTYPE_FLOAT:
      return {.bits = BitsOf(get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat))};
    case FieldDescriptor::CPPTYPE_BOOL:
      return {.bits = BitsOf(get(&Reflection::GetBool, &Reflection::GetRepeatedBool))};
    case FieldDescriptor::CPPTYPE_ENUM:
      return {.bits = BitsOf(get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue))};
    case FieldDescriptor::CPPTYPE_STRING:
      return {.bits = get(&Reflection::GetString, &Reflection::GetRepeatedString)};
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return {};
}

std::string Show(const Message& message, const FieldDescriptor& field, int index, const Value& value, size_t from) {
  if (!value.is_there) return "nothing";
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return Excerpt(value.bits, from, field.type() == FieldDescriptor::TYPE_BYTES);
  }
  std::string text;
  google::protobuf::TextFormat::PrintFieldValueToString(message, &field, index, &text);
  return text;
}

// The name or id of a message that has one, in parentheses.
std::string Label(const Message& message) {
  for (const char* key : {"name", "id"}) {
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(key);
    if (field == nullptr || field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) continue;
    const std::string text = message.GetReflection()->GetString(message, field);
    if (!text.empty()) return absl::StrCat(" (", absl::Utf8SafeCEscape(absl::string_view(text).substr(0, kShown)), ")");
  }
  return "";
}

std::optional<MessageDifference> Compare(const Message& left, const Message& right, const std::string& path);

// The values of a field, or at `index` of a repeated one, that both messages have.
std::optional<MessageDifference> CompareValue(const Message& left, const Message& right, const FieldDescriptor& field, int index,
                                              const std::string& path) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const auto get = [&](const Message& message) -> const Message& {
      return index < 0 ? message.GetReflection()->GetMessage(message, &field)
                       : message.GetReflection()->GetRepeatedMessage(message, &field, index);
    };
    const std::string label = index < 0 ? "" : Label(get(left));
    const auto is_there = [&](const Message& message) { return index >= 0 || message.GetReflection()->HasField(message, &field); };
    if (is_there(left) == is_there(right)) return Compare(get(left), get(right), absl::StrCat(path, label, "."));
    return MessageDifference{path, is_there(left) ? "something" : "nothing", is_there(right) ? "something" : "nothing"};
  }
  const Value a = ValueOf(left, field, index);
  const Value b = ValueOf(right, field, index);
  if (a.is_there == b.is_there && a.bits == b.bits) return std::nullopt;
  const auto from = static_cast<size_t>(std::mismatch(a.bits.begin(), a.bits.end(), b.bits.begin(), b.bits.end()).first - a.bits.begin());
  return MessageDifference{path, Show(left, field, index, a, from), Show(right, field, index, b, from)};
}

std::optional<MessageDifference> CompareField(const Message& left, const Message& right, const FieldDescriptor& field,
                                              const std::string& path) {
  if (!field.is_repeated()) return CompareValue(left, right, field, -1, path);
  const int a = left.GetReflection()->FieldSize(left, &field);
  const int b = right.GetReflection()->FieldSize(right, &field);
  for (int i = 0; i < std::min(a, b); ++i) {
    std::optional<MessageDifference> found = CompareValue(left, right, field, i, absl::StrCat(path, "[", i, "]"));
    if (found.has_value()) return found;
  }
  if (a == b) return std::nullopt;
  return MessageDifference{path, absl::StrCat(a, a == 1 ? " entry" : " entries"), absl::StrCat(b, b == 1 ? " entry" : " entries")};
}

std::string UnknownFields(const Message& message) {
  std::string bytes;
  message.GetReflection()->GetUnknownFields(message).SerializeToString(&bytes);
  return bytes;
}

std::optional<MessageDifference> Compare(const Message& left, const Message& right, const std::string& path) {
  const Descriptor& type = *left.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    std::optional<MessageDifference> found = CompareField(left, right, field, absl::StrCat(path, field.name()));
    if (found.has_value()) return found;
  }
  const std::string a = UnknownFields(left);
  const std::string b = UnknownFields(right);
  if (a == b) return std::nullopt;
  const auto show = [](const std::string& bytes) { return bytes.empty() ? "nothing" : Excerpt(bytes, 0, true); };
  return MessageDifference{absl::StrCat(path, "(fields that this version does not know)"), show(a), show(b)};
}

}  // namespace

std::optional<MessageDifference> FirstDifference(const Message& left, const Message& right) {
  return Compare(left, right, "");
}

}  // namespace weighbridge
