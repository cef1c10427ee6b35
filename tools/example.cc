#include "tools/example.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/file_descriptor.h"
#include "tools/merge.h"
#include "tools/tool.h"

namespace weighbridge {
namespace {

struct ExampleSource {
  const char* id;
  const char* path;
};

constexpr ExampleSource kSources[] = {
    {"blip2", "testdata/tiny/blip2/model_state.pdparams"},
    {"base", "testdata/tiny/llama/pytorch_model.bin"},
    {"delta", "testdata/tiny/delta/pytorch_model.bin.index.json"},
    {"minigpt4", "testdata/tiny/prerained_minigpt4.pth"},
};

}  // namespace

Example FindExample(absl::string_view argv0) {
  Example example;
  for (const ExampleSource& source : kSources) {
    const std::string path = FindRunfile(argv0, source.path);
    if (path.empty()) return {};
    example.sources[source.id] = path;
  }
  return example;
}

absl::Status UseExample(const Example& example, MergeOptions& options) {
  if (example.sources.empty()) {
    return absl::NotFoundError("the example weights are not here (they come with `bazel run //tools:merge`); --help says what to give");
  }
  options.sources = example.sources;
  std::string folder = (std::filesystem::temp_directory_path() / "weighbridge-example-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return SystemError(errno, "making", folder);
  options.request.convert.folder = folder;
  return absl::OkStatus();
}

}  // namespace weighbridge
