#include "fetch/sets/sets.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/embedded_file.h"
#include "fetch/address/uri.h"
#include "fetch/lock/lock_file.h"
#include "fetch/sets/embedded_sets.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
absl::StatusOr<WeightsLock> LoadSet(absl::string_view name_or_path) {
  std::vector<std::string> names;
  for (const EmbeddedFile& set : EmbeddedSets()) {
    if (set.name == name_or_path) return ParseWeightsLock(set.text, absl::StrCat("set ", set.name));
    names.emplace_back(set.name);
  }
  absl::StatusOr<WeightsLock> lock = ReadWeightsLock(std::string(name_or_path));
  if (!absl::IsNotFound(lock.status())) return lock;
  return absl::NotFoundError(
      absl::StrCat("set \"", name_or_path, "\": there is no file of that name, and the embedded sets are ", absl::StrJoin(names, ", ")));
}

std::string AdviceOn(absl::string_view uri) {
  absl::StatusOr<Uri> parsed = ParseUri(uri);
  if (!parsed.ok() || parsed->scheme != Uri::Scheme::kHub) return "";
  const std::string repository = absl::StrCat("hf://", parsed->repository);
  for (const EmbeddedFile& set : EmbeddedSets()) {
    const absl::StatusOr<WeightsLock> lock = ParseWeightsLock(set.text, set.name);
    if (!lock.ok()) continue;
    for (const DeadAddress& dead : lock->dead_addresses()) {
      if (dead.uri() == repository) return absl::StrCat(dead.because(), "; take ", dead.instead());
    }
  }
  return "";
}

}  // namespace weighbridge
