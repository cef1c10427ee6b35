#include "formats/paddle/variable_names.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "base/utf8.h"
#include "formats/bytes/byte_source.h"
#include "formats/json/visit_json.h"
#include "formats/paddle/paddle_dialect.h"
#include "formats/paddle/state_dict.h"
#include "formats/paddle/wire_format.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"

namespace weighbridge::paddle {
namespace {

using Names = std::vector<std::string>;

// A VarDesc, as far as it matters.
struct Variable {
  std::string name;
  uint64_t type = 0;
  bool persistable = false;

  // VarType 7 is LOD_TENSOR; the places where a program takes and gives data are persistable too.
  bool IsParameter() const { return persistable && type == 7 && name != "feed" && name != "fetch"; }
};

constexpr auto kBytes = WireField::Type::kBytes;

absl::StatusOr<Variable> ReadVariable(const ByteSource& source, const WireField& message) {
  constexpr int64_t kLongestName = 4096;
  Variable variable;
  WireReader reader(source, message.offset, message.size);
  while (!reader.done()) {
    ASSIGN_OR_RETURN(const WireField field, reader.Next());
    if (field.number == 1 && field.type == kBytes) {
      if (field.size > kLongestName) return absl::ResourceExhaustedError(absl::StrCat("a name of ", field.size, " bytes"));
      variable.name.resize(field.size);
      RETURN_IF_ERROR(source.ReadAt(field.offset, absl::MakeSpan(variable.name)));
      if (!IsUtf8(variable.name)) return absl::DataLossError(absl::StrCat("the name ", Quoted(variable.name), " is not UTF-8"));
    } else if (field.number == 2 && field.type == kBytes) {
      // A VarType, of which field 1 says the kind.
      WireReader type(source, field.offset, field.size);
      while (!type.done()) {
        ASSIGN_OR_RETURN(const WireField part, type.Next());
        if (part.number == 1 && part.type != kBytes) variable.type = part.value;
      }
    } else if (field.number == 3 && field.type != kBytes) {
      variable.persistable = field.value != 0;
    }
  }
  return variable;
}

// The names of a BlockDesc, whose variables are field 3.
absl::StatusOr<Names> NamesOfBlock(const ByteSource& source, const WireField& message, int64_t limit) {
  Names names;
  WireReader reader(source, message.offset, message.size);
  while (!reader.done()) {
    ASSIGN_OR_RETURN(const WireField field, reader.Next());
    if (field.number != 3 || field.type != kBytes) continue;
    ASSIGN_OR_RETURN(Variable variable, ReadVariable(source, field));
    if (!variable.IsParameter()) continue;
    if (static_cast<int64_t>(names.size()) == limit) return absl::ResourceExhaustedError(absl::StrCat("more than ", limit, " variables"));
    names.push_back(std::move(variable.name));
  }
  return names;
}

// Of a ProgramDesc, whose blocks are field 1; the first is the program's own.
absl::StatusOr<Names> NamesOfProgram(const ByteSource& source, int64_t limit) {
  WireReader reader(source, 0, source.size());
  while (!reader.done()) {
    ASSIGN_OR_RETURN(const WireField field, reader.Next());
    if (field.number == 1 && field.type == kBytes) return NamesOfBlock(source, field, limit);
  }
  return absl::DataLossError("the program has no block");
}

// Of a PIR program: an operation with "#": "p" is a parameter, named by the last member of its "A". Operations stand at
// program.regions.0.blocks.0.ops.N.
class PirParameters {
 public:
  absl::Status Visit(absl::Span<const std::string> path, const JsonValue& value) {
    constexpr size_t kOperation = 7;
    const bool inside = path.size() >= kOperation && path[0] == "program" && path[1] == "regions" && path[2] == "0" &&
                        path[3] == "blocks" && path[4] == "0" && path[5] == "ops";
    if (!inside) return absl::OkStatus();
    const auto* text = std::get_if<std::string>(&value);
    if (path.size() == kOperation) Finish();
    if (path.size() == kOperation + 1 && path[kOperation] == "#") is_parameter_ = text != nullptr && *text == "p";
    if (path.size() == kOperation + 2 && path[kOperation] == "A") last_ = text == nullptr ? std::nullopt : std::optional(*text);
    return absl::OkStatus();
  }

  // Call once, last.
  Names Take() {
    Finish();
    return std::move(names_);
  }

 private:
  void Finish() {
    if (is_parameter_ && last_.has_value()) names_.push_back(*std::move(last_));
    is_parameter_ = false;
    last_.reset();
  }

  Names names_;
  bool is_parameter_ = false;
  std::optional<std::string> last_;
};

absl::StatusOr<Names> NamesOfPirProgram(const ByteSource& source, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(const std::string text, ReadAll(source, limits.json_bytes));
  PirParameters parameters;
  RETURN_IF_ERROR(VisitJson(text, limits.nesting,
                            [&](absl::Span<const std::string> path, const JsonValue& value) { return parameters.Visit(path, value); }));
  return parameters.Take();
}

// Of a pickled dict from names to dicts.
absl::StatusOr<Names> NamesOfInfo(const ByteSource& source, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(const pickle::Document document, pickle::RunPickle(source, 0, source.size(), PickleOptions(limits)));
  const auto* dict = document.root->As<pickle::Dict>();
  if (dict == nullptr) return absl::DataLossError(absl::StrCat("it holds ", pickle::Describe(*document.root), ", not a dict"));
  Names names;
  for (const auto& [key, value] : dict->items) {
    const std::string* name = TextOf(key);
    if (name == nullptr) return absl::DataLossError(absl::StrCat("it lists ", pickle::Describe(*key), ", not a name"));
    names.push_back(*name);
  }
  return names;
}

absl::StatusOr<Names> NamesOf(const NameSource& source, const ReadLimits& limits) {
  switch (source.kind) {
    case NameSource::Kind::kProgram:
      return NamesOfProgram(*source.bytes, limits.tensors);
    case NameSource::Kind::kPirProgram:
      return NamesOfPirProgram(*source.bytes, limits);
    case NameSource::Kind::kParameterInfo:
      return NamesOfInfo(*source.bytes, limits);
  }
  return absl::InternalError("no such kind of file");
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadVariableNames(const NameSource& source, const ReadLimits& limits) {
  absl::StatusOr<Names> names = NamesOf(source, limits);
  if (!names.ok()) return Annotate(names.status(), absl::StrCat("reading ", source.bytes->name()));
  std::sort(names->begin(), names->end());
  return names;
}

}  // namespace weighbridge::paddle
