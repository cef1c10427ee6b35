// verify: judges a merged checkpoint, whoever wrote it, against its sources.

#include <cstdint>
#include <iostream>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "tools/byte_count.h"
#include "tools/command_line.h"
#include "tools/tool.h"
#include "tools/verify.h"

ABSL_FLAG(
    std::string, recipe, "",
    "the recipe: an embedded name or a textproto file (default: minigpt4); with --manifest: the one that it must have (default: any)");
ABSL_FLAG(weighbridge::ParameterFlag, set, {}, "NAME=VALUE: as it was given to merge or apply_delta; a manifest knows it");
ABSL_FLAG(weighbridge::ParameterFlag, pad_rows, {}, "as --set pad_rows=VALUE: auto, reference or a number");
ABSL_FLAG(std::string, tolerance, "exact", "exact, torch, paddle, ulp:N or abs:X,rel:Y: what passes, whatever a manifest says");
ABSL_FLAG(std::string, match, "", "judge only tensors whose name matches this RE2, and digest no files");
ABSL_FLAG(std::string, manifest, "", "audit by this manifest, with or without the sources");
ABSL_FLAG(bool, content, false, "with --manifest: audit the tensors by their SHA-256, in whatever container they are, not the files");
ABSL_FLAG(std::string, format, "text", "text or json, for stdout");
ABSL_FLAG(std::string, manifest_out, "", "the file for the manifest, which says yes or no and why");
ABSL_FLAG(std::string, attestation, "", "the file for an in-toto Statement about the manifest, ready for signing");
ABSL_FLAG(std::string, report, "", "the file for a page of HTML about the manifest: FILE.html");
ABSL_FLAG(bool, overwrite, false, "replace existing files that would be written");
ABSL_FLAG(weighbridge::ByteCount, memory, weighbridge::ByteCount{int64_t{512} << 20}, "bytes of buffers, however large the tensors are");

namespace {

constexpr char kUsage[] =
    R"(Judges a merged checkpoint against its sources: names, order, dtypes, shapes and every bit. Or audits it by the manifest of an earlier
judgement, without the sources, or with them. Exit code 0 yes, 1 no.

  verify MERGED ID=CHECKPOINT... [--manifest_out=FILE]
  verify minigpt4-7b/model_state.pdparams blip2=blip2/ vicuna=vicuna-7b/ minigpt4=prerained_minigpt4_7b.pth --manifest_out=manifest.binpb
  verify minigpt4-7b/model_state.pdparams --manifest=manifest.binpb
  verify exported.safetensors --manifest=manifest.binpb --content
)";

}  // namespace

int main(int argc, char** argv) {
  return weighbridge::RunTool(argc, argv, kUsage, [](const weighbridge::CommandLine& command_line) -> absl::StatusOr<bool> {
    if (command_line.words.size() != 1)
      return absl::InvalidArgumentError("expected one merged checkpoint, then ID=CHECKPOINT for each source");
    ASSIGN_OR_RETURN(weighbridge::CommonOptions common, weighbridge::GetCommonOptions(absl::GetFlag(FLAGS_memory)));
    const std::string format = absl::GetFlag(FLAGS_format);
    if (format != "text" && format != "json")
      return absl::InvalidArgumentError(absl::StrCat("--format=", format, ": expected text or json"));
    const std::string recipe = absl::GetFlag(FLAGS_recipe);
    const std::string manifest = absl::GetFlag(FLAGS_manifest);
    return weighbridge::Verify({.merged = command_line.words[0],
                                .recipe = recipe.empty() && manifest.empty() ? "minigpt4" : recipe,
                                .sources = command_line.sources,
                                .parameters = command_line.parameters,
                                .tolerance = absl::GetFlag(FLAGS_tolerance),
                                .match = absl::GetFlag(FLAGS_match),
                                .manifest = manifest,
                                .content = absl::GetFlag(FLAGS_content),
                                .json = format == "json",
                                .exports = {.manifest = absl::GetFlag(FLAGS_manifest_out),
                                            .attestation = absl::GetFlag(FLAGS_attestation),
                                            .report = absl::GetFlag(FLAGS_report),
                                            .overwrite = absl::GetFlag(FLAGS_overwrite)},
                                .common = common},
                               std::cout);
  });
}
