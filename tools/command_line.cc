#include "tools/command_line.h"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kPathSuffix = "_path";
constexpr absl::string_view kSet = "set";

bool IsSourceId(absl::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == absl::string_view::npos;
}

class Parser {
 public:
  explicit Parser(absl::Span<char* const> arguments) : arguments_(arguments) {}

  absl::StatusOr<CommandLine> Run() {
    bool flags_ended = false;
    while (next_ < arguments_.size()) {
      const absl::string_view argument = arguments_[next_++];
      absl::Status status;
      if (!flags_ended && argument == "--") {
        flags_ended = true;
      } else if (!flags_ended && argument.size() > 1 && argument[0] == '-') {
        status = Flag(argument);
      } else {
        status = Word(argument);
      }
      if (!status.ok()) return status;
    }
    return std::move(result_);
  }

 private:
  static absl::Status Error(absl::string_view argument, absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(argument, ": ", what));
  }

  absl::Status AddSource(absl::string_view argument, absl::string_view id, absl::string_view path) {
    if (path.empty()) return Error(argument, "the path is missing");
    if (result_.sources.emplace(id, path).second) return absl::OkStatus();
    return Error(argument, absl::StrCat("\"", id, "\" is given twice"));
  }

  absl::Status AddParameter(absl::string_view argument, absl::string_view flag, absl::string_view value) {
    absl::string_view name = flag;
    if (flag == kSet) {
      const size_t equals = value.find('=');
      if (equals == absl::string_view::npos || equals == 0) return Error(argument, "expected NAME=VALUE");
      name = value.substr(0, equals);
      value.remove_prefix(equals + 1);
    } else if (value.empty()) {
      return absl::OkStatus();
    }
    if (result_.parameters.emplace(name, value).second) return absl::OkStatus();
    return Error(argument, absl::StrCat("the parameter \"", name, "\" is given twice"));
  }

  absl::Status Word(absl::string_view argument) {
    const size_t equals = argument.find('=');
    if (equals != absl::string_view::npos && IsSourceId(argument.substr(0, equals))) {
      return AddSource(argument, argument.substr(0, equals), argument.substr(equals + 1));
    }
    result_.words.emplace_back(argument);
    return absl::OkStatus();
  }

  absl::Status Flag(absl::string_view argument) {
    const size_t equals = argument.find('=');
    absl::string_view name = argument.substr(0, equals);
    const bool has_value = equals != absl::string_view::npos;
    std::string value(has_value ? argument.substr(equals + 1) : "");
    if (!absl::ConsumePrefix(&name, "--")) name.remove_prefix(1);
    if (name == "help" || name == "h") {
      result_.help = true;
      return absl::OkStatus();
    }
    absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
    if (flag == nullptr && !has_value && absl::ConsumePrefix(&name, "no")) {
      flag = absl::FindCommandLineFlag(name);
      if (flag == nullptr || !flag->IsOfType<bool>()) return Error(argument, "there is no such flag; --help lists them");
      return Set(argument, *flag, "false");
    }
    const bool is_source = flag == nullptr && absl::EndsWith(name, kPathSuffix) && IsSourceId(name);
    if (flag == nullptr && !is_source) return Error(argument, "there is no such flag; --help lists them");
    if (!has_value && flag != nullptr && flag->IsOfType<bool>()) return Set(argument, *flag, "true");
    if (!has_value) {
      if (next_ == arguments_.size()) return Error(argument, "the value is missing");
      value = arguments_[next_++];
    }
    if (is_source) return AddSource(argument, absl::StripSuffix(name, kPathSuffix), value);
    if (flag->IsOfType<ParameterFlag>()) return AddParameter(argument, flag->Name(), value);
    return Set(argument, *flag, value);
  }

  absl::Status Set(absl::string_view argument, absl::CommandLineFlag& flag, const std::string& value) {
    if (!set_.insert(std::string(flag.Name())).second) return Error(argument, "the flag is given twice");
    std::string error;
    if (flag.ParseFrom(value, &error)) return absl::OkStatus();
    return Error(argument, absl::StrCat("\"", value, "\" is not a value for it", error.empty() ? "" : ": ", error));
  }

  absl::Span<char* const> arguments_;
  size_t next_ = 0;
  std::set<std::string> set_;
  CommandLine result_;
};

}  // namespace

bool AbslParseFlag(absl::string_view text, ParameterFlag* /*flag*/, std::string* error) {
  *error = "it is read by ParseCommandLine";
  return text.empty();
}

std::string AbslUnparseFlag(const ParameterFlag& /*flag*/) {
  return "";
}

absl::StatusOr<CommandLine> ParseCommandLine(absl::Span<char* const> arguments) {
  return Parser(arguments).Run();
}

std::string FlagsHelp() {
  std::map<std::string, std::string> lines;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    const std::string by_default = flag->DefaultValue().empty() ? "" : absl::StrCat(" (default ", flag->DefaultValue(), ")");
    lines[std::string(name)] =
        absl::StrCat("  --", name, std::string(name.size() < 14 ? 14 - name.size() : 0, ' '), "  ", flag->Help(), by_default, "\n");
  }
  std::string help;
  for (const auto& [name, line] : lines) absl::StrAppend(&help, line);
  return help;
}

}  // namespace weighbridge
