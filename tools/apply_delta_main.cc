// apply_delta: base + delta → the model that the delta was made of, as FastChat's apply_delta makes it.

#include <cstdint>
#include <iostream>
#include <optional>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "tools/apply_delta.h"
#include "tools/byte_count.h"
#include "tools/command_line.h"
#include "tools/tool.h"
#include "tools/weights_format_flag.h"

ABSL_FLAG(std::string, base, "", "the LLaMA weights: a folder, an index or a file");
ABSL_FLAG(std::string, delta, "", "the delta");
ABSL_FLAG(std::string, target, "", "the folder for the result");
ABSL_FLAG(weighbridge::WeightsFormatFlag, format, {}, "torch or safetensors; as the base when empty");
ABSL_FLAG(weighbridge::ByteCount, max_shard_size, weighbridge::ByteCount{10'000'000'000}, "bytes of tensors in one file, at most");
ABSL_FLAG(weighbridge::ParameterFlag, set, {}, "NAME=VALUE: a parameter of the recipe, once for each");
ABSL_FLAG(weighbridge::ParameterFlag, pad_rows, {},
          "rows for new tokens, as --set pad_rows=VALUE: auto (as the tokenizers say), reference (also its trap) or a number; as the "
          "recipe says when empty");
ABSL_FLAG(std::string, recipe, "vicuna_delta", "the recipe: vicuna_delta, vicuna_delta_v1_1 or a textproto file");
ABSL_FLAG(bool, verify, true, "judge the result before it is published, and write its manifest; --noverify leaves that out");
ABSL_FLAG(bool, dry_run, false, "print what would be made, and stop");
ABSL_FLAG(std::string, explain, "", "print the expression of each output whose name matches this RE2; `.` for all");
ABSL_FLAG(bool, overwrite, false, "replace an existing result; other weights under standard names go from its folder");
ABSL_FLAG(weighbridge::ByteCount, memory, weighbridge::ByteCount{int64_t{512} << 20}, "bytes of buffers, however large the tensors are");

namespace {

constexpr char kUsage[] = R"(Adds a delta to its base and writes the model: weights, config and tokenizer, as FastChat 0.1.10 does.

  apply_delta --base=DIR --delta=DIR --target=DIR
  apply_delta --base=llama-7b-hf --delta=vicuna-7b-delta-v0 --target=vicuna-7b
)";

absl::StatusOr<bool> Run(const weighbridge::CommandLine& command_line) {
  if (!command_line.words.empty()) return absl::InvalidArgumentError(absl::StrCat(command_line.words[0], ": wanted are flags only"));
  if (!command_line.sources.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(command_line.sources.begin()->first, "=…: expected --base=DIR --delta=DIR --target=DIR"));
  }
  ASSIGN_OR_RETURN(weighbridge::CommonOptions common, weighbridge::GetCommonOptions(absl::GetFlag(FLAGS_memory)));
  return weighbridge::ApplyDelta(
      {.recipe = absl::GetFlag(FLAGS_recipe),
       .base = absl::GetFlag(FLAGS_base),
       .delta = absl::GetFlag(FLAGS_delta),
       .format = absl::GetFlag(FLAGS_format).format,
       .request = {.conversion = {.compile = {.parameters = command_line.parameters, .stop = common.resources.stop},
                                  .max_shard_size = absl::GetFlag(FLAGS_max_shard_size).bytes},
                   .convert = {.folder = absl::GetFlag(FLAGS_target),
                               .manifest_name = "manifest.binpb",
                               .verify = absl::GetFlag(FLAGS_verify),
                               .overwrite = absl::GetFlag(FLAGS_overwrite),
                               .resources = common.resources},
                   .dry_run = absl::GetFlag(FLAGS_dry_run),
                   .explain = absl::GetFlag(FLAGS_explain),
                   .quiet = common.quiet}},
      std::cout);
}

}  // namespace

int main(int argc, char** argv) {
  return weighbridge::RunTool(argc, argv, kUsage, Run);
}
