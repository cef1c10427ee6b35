#ifndef WEIGHBRIDGE_TOOLS_COMMAND_LINE_H_
#define WEIGHBRIDGE_TOOLS_COMMAND_LINE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weighbridge {

// What stands on a command line beside flags.
struct CommandLine {
  bool help = false;                           // --help or -h was given; everything else counts for nothing then.
  std::vector<std::string> words;              // Neither flag nor ID=PATH, in order.
  std::map<std::string, std::string> sources;  // ID=PATH, split at the first "="; also --ID_path=PATH, as merge_weight.py spells it.
  // Of a recipe, by name: --set NAME=VALUE, once for each. --NAME=VALUE is another spelling where there is a ParameterFlag of that name.
  std::map<std::string, std::string> parameters;
};

// The type of the flag --set, and of others for a parameter of that name; an empty value of these is none. Their values are
// CommandLine::parameters, never the flag's own.
struct ParameterFlag {};

bool AbslParseFlag(absl::string_view text, ParameterFlag* flag, std::string* error);
std::string AbslUnparseFlag(const ParameterFlag& flag);

// Sets the program's ABSL_FLAGs from `arguments` (without the program's name). Abseil's own parser exits with 1 on a mistake and lets a
// flag stand twice; the contract of our tools is another (docs of `tools/`): flags and words mix, "--" ends flags, booleans are also
// --noNAME. InvalidArgument, naming the argument: an unknown flag, a value missing or not of the flag's type, a flag, an ID or a parameter
// given twice.
absl::StatusOr<CommandLine> ParseCommandLine(absl::Span<char* const> arguments);

// One line per flag of the program with its help and default, by name.
std::string FlagsHelp();

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_COMMAND_LINE_H_
