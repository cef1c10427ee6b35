// inspect: lists the tensors of a checkpoint.

#include <cstdint>
#include <iostream>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/byte_count.h"
#include "tools/command_line.h"
#include "tools/inspect.h"
#include "tools/inspect_pickles.h"
#include "tools/tool.h"

ABSL_FLAG(std::string, format, "text", "text or json");
ABSL_FLAG(std::string, digest, "none", "none, xxh3 (the content digest) or sha256 (of the row-major little-endian bytes)");
ABSL_FLAG(bool, pickle, false, "list what the file's pickles name instead of its tensors; exit 1 if that is not all known to be harmless");
ABSL_FLAG(bool, opaque, false,
          "pass over objects of unknown classes, and say so, instead of refusing the file; nothing of them is executed");
ABSL_FLAG(std::string, match, "", "only tensors whose name matches this RE2");
ABSL_FLAG(weighbridge::ByteCount, memory, weighbridge::ByteCount{int64_t{128} << 20}, "bytes of buffers, however large the tensors are");

namespace {

constexpr char kUsage[] = R"(Lists the tensors of a checkpoint in file order: a file, a shard index or a model directory.

  inspect PATH
  inspect --pickle pytorch_model.bin
  inspect --format=json --digest=sha256 vicuna-7b/pytorch_model.bin
)";

}  // namespace

int main(int argc, char** argv) {
  return weighbridge::RunTool(argc, argv, kUsage, [](const weighbridge::CommandLine& command_line) -> absl::StatusOr<bool> {
    if (command_line.words.size() != 1 || !command_line.sources.empty())
      return absl::InvalidArgumentError("expected the path of one checkpoint");
    absl::StatusOr<weighbridge::CommonOptions> common = weighbridge::GetCommonOptions(absl::GetFlag(FLAGS_memory));
    absl::StatusOr<weighbridge::InspectOptions::Format> format = weighbridge::ParseInspectFormat(absl::GetFlag(FLAGS_format));
    absl::StatusOr<weighbridge::InspectOptions::Digest> digest = weighbridge::ParseInspectDigest(absl::GetFlag(FLAGS_digest));
    for (const absl::Status& status : {common.status(), format.status(), digest.status()}) {
      if (!status.ok()) return status;
    }
    const weighbridge::InspectOptions options = {.path = command_line.words[0],
                                                 .format = *format,
                                                 .digest = *digest,
                                                 .opaque = absl::GetFlag(FLAGS_opaque),
                                                 .match = absl::GetFlag(FLAGS_match),
                                                 .common = *common};
    return absl::GetFlag(FLAGS_pickle) ? weighbridge::InspectPickles(options, std::cout) : weighbridge::Inspect(options, std::cout);
  });
}
