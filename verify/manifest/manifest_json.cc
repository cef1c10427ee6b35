#include "verify/manifest/manifest_json.h"

#include <string>
#include <utility>

#include "formats/json/json_writer.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/manifest.pb.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

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
      return json.String(EnumeratorWords(get(&Reflection::GetEnum, &Reflection::GetRepeatedEnum)->name()));
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
