// merge: makes the checkpoint that a recipe describes, and judges it before it is published.

#include <cstdint>
#include <iostream>
#include <optional>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "tools/byte_count.h"
#include "tools/command_line.h"
#include "tools/example.h"
#include "tools/merge.h"
#include "tools/tool.h"
#include "tools/weights_format_flag.h"

ABSL_FLAG(std::string, recipe, "minigpt4", "the recipe: an embedded name or a textproto file");
ABSL_FLAG(std::string, save_path, "", "the folder for the result");
ABSL_FLAG(weighbridge::WeightsFormatFlag, format, {weighbridge::WeightsFormat::kPdparams}, "pdparams, safetensors or torch");
ABSL_FLAG(std::optional<weighbridge::ByteCount>, max_shard_size, std::nullopt,
          "bytes of tensors in one file, at most; one file when empty");
ABSL_FLAG(weighbridge::ParameterFlag, set, {}, "NAME=VALUE: a parameter of the recipe, once for each");
ABSL_FLAG(weighbridge::ParameterFlag, pad_rows, {},
          "rows for new tokens, as --set pad_rows=VALUE: auto (as the tokenizers say), reference (also its trap) or a number; as the "
          "recipe says when empty");
ABSL_FLAG(bool, verify, true, "judge the result before it is published, and write its manifest; --noverify leaves that out");
ABSL_FLAG(bool, dry_run, false, "print what would be made, and stop");
ABSL_FLAG(std::string, explain, "", "print the expression of each output whose name matches this RE2; `.` for all");
ABSL_FLAG(bool, overwrite, false, "replace an existing result; other weights under standard names go from its folder");
ABSL_FLAG(weighbridge::ByteCount, memory, weighbridge::ByteCount{int64_t{512} << 20}, "bytes of buffers, however large the tensors are");

namespace {

constexpr char kUsage[] = R"(Merges checkpoints by a recipe into one: DIR/model_state.pdparams, with DIR/manifest.binpb.

  merge ID=CHECKPOINT... --save_path=DIR
  merge blip2=blip2/ vicuna=vicuna-7b/ minigpt4=prerained_minigpt4_7b.pth --save_path=minigpt4-7b
  merge blip2=blip2/ base=llama-7b-hf/ delta=vicuna-7b-delta-v0/ minigpt4=prerained_minigpt4_7b.pth --save_path=minigpt4-7b

A checkpoint is a file in any format we read, a shard index, or a model directory. --ID_path=CHECKPOINT is the same as ID=CHECKPOINT.
Without any argument the example that the repository carries is merged.
)";

}  // namespace

int main(int argc, char** argv) {
  const weighbridge::Example example = weighbridge::FindExample(argv[0]);
  return weighbridge::RunTool(argc, argv, kUsage, [&](const weighbridge::CommandLine& command_line) -> absl::StatusOr<bool> {
    if (!command_line.words.empty()) return absl::InvalidArgumentError(absl::StrCat(command_line.words[0], ": expected ID=CHECKPOINT"));
    ASSIGN_OR_RETURN(weighbridge::CommonOptions common, weighbridge::GetCommonOptions(absl::GetFlag(FLAGS_memory)));
    const std::optional<weighbridge::ByteCount> max_shard_size = absl::GetFlag(FLAGS_max_shard_size);
    weighbridge::MergeOptions options{
        .recipe = absl::GetFlag(FLAGS_recipe),
        .sources = command_line.sources,
        .request = {.conversion = {.compile = {.parameters = command_line.parameters, .stop = common.resources.stop},
                                   .format = absl::GetFlag(FLAGS_format).format.value_or(weighbridge::WeightsFormat::kPdparams),
                                   .max_shard_size = max_shard_size.has_value() ? std::optional(max_shard_size->bytes) : std::nullopt},
                    .convert = {.folder = absl::GetFlag(FLAGS_save_path),
                                .manifest_name = "manifest.binpb",
                                .verify = absl::GetFlag(FLAGS_verify),
                                .overwrite = absl::GetFlag(FLAGS_overwrite),
                                .resources = common.resources},
                    .dry_run = absl::GetFlag(FLAGS_dry_run),
                    .explain = absl::GetFlag(FLAGS_explain),
                    .quiet = common.quiet}};
    if (argc == 1) {
      RETURN_IF_ERROR(weighbridge::UseExample(example, options));
    }
    return weighbridge::Merge(options, std::cout);
  });
}
