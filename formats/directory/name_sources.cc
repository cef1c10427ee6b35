#include "formats/directory/name_sources.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/paddle/variable_names.h"

namespace weighbridge {
namespace {

using Kind = paddle::NameSource::Kind;

// Where files that know the names may lie.
std::vector<std::pair<std::filesystem::path, Kind>> Candidates(const std::filesystem::path& path) {
  if (path.filename() == "__params__") return {{path.parent_path() / "__model__", Kind::kProgram}};
  const std::string extension = path.extension();
  if (extension != ".pdiparams" && extension != ".pdparams") return {};
  std::filesystem::path program = path;
  std::filesystem::path pir_program = path;
  return {{program.replace_extension(".pdmodel"), Kind::kProgram},
          {pir_program.replace_extension(".json"), Kind::kPirProgram},
          {path.string() + ".info", Kind::kParameterInfo}};
}

}  // namespace

absl::StatusOr<std::vector<paddle::NameSource>> OpenNameSources(const std::string& path) {
  std::vector<paddle::NameSource> sources;
  for (const auto& [candidate, kind] : Candidates(path)) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(candidate, error)) continue;
    ASSIGN_OR_RETURN(ByteSourcePtr bytes, OpenFile(candidate));
    sources.push_back({.kind = kind, .bytes = std::move(bytes)});
  }
  return sources;
}

}  // namespace weighbridge
