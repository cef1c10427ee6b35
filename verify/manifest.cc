#include "verify/manifest.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "proto/manifest.pb.h"

namespace weighbridge {
namespace {

// "blip2, vicuna and minigpt4".
std::string SourceList(const Manifest& manifest) {
  std::string list;
  for (int i = 0; i < manifest.sources_size(); ++i) {
    absl::StrAppend(&list, i == 0 ? "" : i + 1 == manifest.sources_size() ? " and " : ", ", manifest.sources(i).id());
  }
  return list;
}

}  // namespace

std::string SerializeManifest(const Manifest& manifest) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    manifest.SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::vector<std::string> Findings(const Manifest& manifest) {
  std::vector<std::string> lines;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (tensor.verdict() == OutputTensor::VERDICT_EXACT) continue;
    lines.push_back(absl::StrCat("tensor \"", tensor.name(), "\": ", tensor.finding()));
  }
  return lines;
}

std::string Summary(const Manifest& manifest) {
  const auto& tensors = manifest.output().tensors();
  const auto exact = std::count_if(tensors.begin(), tensors.end(),
                                   [](const OutputTensor& tensor) { return tensor.verdict() == OutputTensor::VERDICT_EXACT; });
  return absl::StrCat(manifest.verdict() == Manifest::VERDICT_EXACT ? "exact: " : "differs: ", exact, " of ",
                      manifest.accounting().output_tensors(), " tensors are bit for bit what the recipe ", manifest.recipe().name(),
                      " makes of ", SourceList(manifest));
}

}  // namespace weighbridge
