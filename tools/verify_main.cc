// verify: judges a merged checkpoint, whoever wrote it, against its sources.

#include <cstdint>
#include <iostream>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/byte_count.h"
#include "tools/command_line.h"
#include "tools/tool.h"
#include "tools/verify.h"

ABSL_FLAG(std::string, recipe, "minigpt4", "the recipe: an embedded name or a textproto file");
ABSL_FLAG(std::string, manifest_out, "", "the file for the manifest, which says yes or no and why");
ABSL_FLAG(bool, overwrite, false, "replace an existing manifest");
ABSL_FLAG(weighbridge::ByteCount, memory, weighbridge::ByteCount{int64_t{512} << 20}, "bytes of buffers, however large the tensors are");

namespace {

constexpr char kUsage[] =
    R"(Judges a merged checkpoint against its sources: names, order, dtypes, shapes and every bit. Exit code 0 yes, 1 no.

  verify MERGED ID=CHECKPOINT... [--manifest_out=FILE]
  verify minigpt4-7b/model_state.pdparams blip2=blip2/ vicuna=vicuna-7b/ minigpt4=prerained_minigpt4_7b.pth --manifest_out=manifest.binpb
)";

}  // namespace

int main(int argc, char** argv) {
  return weighbridge::RunTool(argc, argv, kUsage, [](const weighbridge::CommandLine& command_line) -> absl::StatusOr<bool> {
    if (command_line.words.size() != 1)
      return absl::InvalidArgumentError("wanted is one merged checkpoint, then ID=CHECKPOINT for each source");
    absl::StatusOr<weighbridge::CommonOptions> common = weighbridge::GetCommonOptions(absl::GetFlag(FLAGS_memory));
    if (!common.ok()) return common.status();
    return weighbridge::Verify({.merged = command_line.words[0],
                                .recipe = absl::GetFlag(FLAGS_recipe),
                                .sources = command_line.sources,
                                .manifest_out = absl::GetFlag(FLAGS_manifest_out),
                                .overwrite = absl::GetFlag(FLAGS_overwrite),
                                .common = *common},
                               std::cout);
  });
}
