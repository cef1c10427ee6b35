#include "recipe/parameters.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "recipe/identifier.h"

namespace weighbridge {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kPadRows[] = "pad_rows";

// The fields of the message that are set.
std::vector<const FieldDescriptor*> Fields(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

bool HasTokenRows(const Message& message) {
  if (message.GetDescriptor() == Recipe::AddTokenRows::descriptor()) return true;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (const FieldDescriptor* field : Fields(message)) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated() && HasTokenRows(reflection.GetMessage(message, field))) return true;
    for (int k = 0; field->is_repeated() && k < reflection.FieldSize(message, field); ++k) {
      if (HasTokenRows(reflection.GetRepeatedMessage(message, field, k))) return true;
    }
  }
  return false;
}

bool Declares(const Recipe& recipe, absl::string_view name) {
  return std::any_of(recipe.parameters().begin(), recipe.parameters().end(), [&](const auto& other) { return other.name() == name; });
}

// Puts values into a recipe's texts.
class Binder {
 public:
  Binder(const ParameterValues& values, const std::string* pad_rows, const RecipeLimits& limits)
      : values_(values), pad_rows_(pad_rows), limits_(limits) {}

  absl::Status Bind(Message& message) {
    for (const FieldDescriptor* field : Fields(message)) {
      RETURN_IF_ERROR(field->is_repeated() ? BindRepeated(message, *field) : BindSingle(message, *field));
    }
    // Behind the others: a value is not read again.
    if (auto* step = dynamic_cast<Recipe::AddTokenRows*>(&message); step != nullptr && pad_rows_ != nullptr) step->set_pad_rows(*pad_rows_);
    return absl::OkStatus();
  }

 private:
  absl::Status BindSingle(Message& message, const FieldDescriptor& field) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) return Bind(*reflection.MutableMessage(&message, &field));
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::string text, Replace(reflection.GetString(message, &field)));
    reflection.SetString(&message, &field, text);
    return absl::OkStatus();
  }

  absl::Status BindRepeated(Message& message, const FieldDescriptor& field) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    for (int k = 0; k < reflection.FieldSize(message, &field); ++k) {
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        RETURN_IF_ERROR(Bind(*reflection.MutableRepeatedMessage(&message, &field, k)));
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        ASSIGN_OR_RETURN(std::string text, Replace(reflection.GetRepeatedString(message, &field, k)));
        reflection.SetRepeatedString(&message, &field, k, text);
      }
    }
    return absl::OkStatus();
  }

  // `text` with the value in the place of each {NAME}. What else stands in braces is a term or belongs to JSON.
  absl::StatusOr<std::string> Replace(const std::string& text) {
    std::string replaced;
    size_t done = 0;
    for (size_t brace = text.find('{'); brace != std::string::npos; brace = text.find('{', brace + 1)) {
      const size_t end = text.find_first_not_of(kIdentifierCharacters, brace + 1);
      if (end == std::string::npos || text[end] != '}') continue;
      const auto value = values_.find(text.substr(brace + 1, end - brace - 1));
      if (value == values_.end()) continue;
      bytes_ += static_cast<int64_t>(value->second.size());
      if (bytes_ > limits_.parameter_bytes) {
        return absl::ResourceExhaustedError(absl::StrCat("the values of a recipe's parameters have at most ", limits_.parameter_bytes,
                                                         " bytes at all their places; these have more"));
      }
      absl::StrAppend(&replaced, absl::string_view(text).substr(done, brace - done), value->second);
      done = end + 1;
    }
    return absl::StrCat(replaced, absl::string_view(text).substr(done));
  }

  const ParameterValues& values_;
  const std::string* const pad_rows_;  // Of every step add_token_rows; null where a parameter says it.
  const RecipeLimits& limits_;
  int64_t bytes_ = 0;
};

}  // namespace

std::vector<Recipe::Parameter> ParametersOf(const Recipe& recipe) {
  std::vector<Recipe::Parameter> parameters(recipe.parameters().begin(), recipe.parameters().end());
  if (!Declares(recipe, kPadRows) && HasTokenRows(recipe)) parameters.emplace_back().set_name(kPadRows);
  return parameters;
}

absl::StatusOr<Recipe> BindParameters(const Recipe& recipe, const ParameterValues& values, const RecipeLimits& limits) {
  ParameterValues bound;
  for (const Recipe::Parameter& parameter : recipe.parameters()) {
    const auto given = values.find(parameter.name());
    const std::string& value = given == values.end() ? parameter.default_() : given->second;
    if (!IsIdentifier(parameter.name())) {
      return absl::InvalidArgumentError(absl::StrCat("a parameter is called \"", parameter.name(), "\"; expected a lower-case word"));
    }
    if (!bound.emplace(parameter.name(), value).second) {
      return absl::InvalidArgumentError(absl::StrCat("the parameter \"", parameter.name(), "\" is declared twice"));
    }
  }
  const auto pad_rows = values.find(kPadRows);
  const bool is_told = pad_rows != values.end() && !Declares(recipe, kPadRows);
  Recipe result = recipe;
  result.clear_parameters();
  if (bound.empty() && !is_told) return result;
  RETURN_IF_ERROR(Binder(bound, is_told ? &pad_rows->second : nullptr, limits).Bind(result));
  return result;
}

}  // namespace weighbridge
