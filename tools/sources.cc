#include "tools/sources.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "plan/plan.h"
#include "proto/recipe.pb.h"

namespace weighbridge {
namespace {

// "blip2=… (PaddleNLP's …), vicuna=… (…)".
std::string Wanted(const Recipe& recipe) {
  std::string wanted;
  for (const Recipe::Source& source : recipe.sources()) {
    absl::StrAppend(&wanted, wanted.empty() ? "" : ", ", source.id(), "=PATH (", source.description(), ")");
  }
  return absl::StrCat("recipe ", recipe.name(), " wants ", wanted);
}

}  // namespace

absl::StatusOr<std::vector<PlanSource>> OpenSources(const Recipe& recipe, const std::map<std::string, std::string>& paths) {
  for (const auto& [id, path] : paths) {
    const bool known = std::any_of(recipe.sources().begin(), recipe.sources().end(), [&](const auto& source) { return source.id() == id; });
    if (!known) return absl::InvalidArgumentError(absl::StrCat(id, "=", path, ": no source has that name; ", Wanted(recipe)));
  }
  std::vector<PlanSource> sources;
  for (const Recipe::Source& source : recipe.sources()) {
    const auto path = paths.find(source.id());
    if (path == paths.end()) return absl::InvalidArgumentError(absl::StrCat(source.id(), "=PATH is missing; ", Wanted(recipe)));
    absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(path->second);
    if (!checkpoint.ok()) return absl::Status(checkpoint.status().code(), absl::StrCat(source.id(), ": ", checkpoint.status().message()));
    sources.push_back({.id = source.id(), .checkpoint = std::make_shared<const Checkpoint>(*std::move(checkpoint))});
  }
  return sources;
}

absl::Status CheckIsNotRead(const std::string& path, absl::string_view id, const Checkpoint& checkpoint) {
  for (const CheckpointFile& file : checkpoint.files) {
    std::error_code error;
    if (!std::filesystem::equivalent(path, file.path, error) || error) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is read as a source (", id, ") and is never overwritten; give another folder"));
  }
  return absl::OkStatus();
}

absl::Status CheckIsNoSource(const std::string& path, const std::vector<PlanSource>& sources) {
  for (const PlanSource& source : sources) {
    if (absl::Status status = CheckIsNotRead(path, source.id, *source.checkpoint); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
