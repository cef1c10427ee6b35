#ifndef WEIGHBRIDGE_TOOLS_SOURCES_H_
#define WEIGHBRIDGE_TOOLS_SOURCES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/checkpoint.h"
#include "plan/plan.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

// Opens the checkpoint of each ID=PATH for a recipe. InvalidArgument when an id is not the recipe's or one of its sources has no path,
// saying what each wants; otherwise fails as OpenCheckpoint does, naming the id.
absl::StatusOr<std::vector<PlanSource>> OpenSources(const Recipe& recipe, const std::map<std::string, std::string>& paths);

// FailedPrecondition when `path` is one of the files of `checkpoint`, which is read under that id: such a file is never overwritten.
absl::Status CheckIsNotRead(const std::string& path, absl::string_view id, const Checkpoint& checkpoint);

// The same of every source.
absl::Status CheckIsNoSource(const std::string& path, const std::vector<PlanSource>& sources);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_SOURCES_H_
