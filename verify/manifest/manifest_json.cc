#include "verify/manifest/manifest_json.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "formats/json/json_writer.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/manifest.pb.h"

namespace weighbridge {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// "VERDICT_OUT_OF_ORDER": "out of order".
void WriteEnum(const EnumValueDescriptor& value, JsonWriter& json) {
  const absl::string_view name = value.name();
  json.String(absl::StrReplaceAll(absl::AsciiStrToLower(name.substr(name.find('_') + 1)), {{"_", " "}}));
}

void WriteMessage(const Message& message, JsonWriter& json);

// One value of the field: the one at `index` of a repeated field.
void WriteValue(const Message& message, const FieldDescriptor& field, int index, JsonWriter& json) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  const auto get = [&](auto single, auto indexed) {
    return repeated ? (reflection.*indexed)(message, &field, index) : (reflection.*single)(message, &field);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WriteMessage(repeated ? reflection.GetRepeatedMessage(message, &field, index) : reflection.GetMessage(message, &field), json);
    case FieldDescriptor::CPPTYPE_ENUM:
      return WriteEnum(*get(&Reflection::GetEnum, &Reflection::GetRepeatedEnum), json);
    case FieldDescriptor::CPPTYPE_INT32:
      return json.Integer(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
    case FieldDescriptor::CPPTYPE_INT64:
      return json.Integer(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return json.Double(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
    default: {
      const std::string text = get(&Reflection::GetString, &Reflection::GetRepeatedString);
      return field.type() == FieldDescriptor::TYPE_BYTES ? json.Hexadecimal(text) : json.String(text);
    }
  }
}

void WriteMessage(const Message& message, JsonWriter& json) {
  json.BeginObject();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.has_presence() && !message.GetReflection()->HasField(message, &field)) continue;
    json.Key(field.name());
    if (!field.is_repeated()) {
      WriteValue(message, field, 0, json);
      continue;
    }
    json.BeginArray();
    for (int k = 0; k < message.GetReflection()->FieldSize(message, &field); ++k) WriteValue(message, field, k, json);
    json.EndArray();
  }
  json.EndObject();
}

}  // namespace

void WriteManifest(const Manifest& manifest, JsonWriter& json) {
  WriteMessage(manifest, json);
}

std::string ManifestToJson(const Manifest& manifest) {
  JsonWriter json;
  WriteMessage(manifest, json);
  return std::move(json).Finish();
}

}  // namespace weighbridge
