#include "convert/check_not_read.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"

namespace weighbridge {

absl::Status CheckIsNotRead(const std::string& path, absl::string_view id, const Checkpoint& checkpoint) {
  for (const CheckpointFile& file : checkpoint.files) {
    std::error_code error;
    if (!std::filesystem::equivalent(path, file.path, error) || error) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is read as a source (", id, ") and is never overwritten; give another folder"));
  }
  return absl::OkStatus();
}

absl::Status CheckIsNotRead(const std::string& path, const std::vector<PlanSource>& sources) {
  for (const PlanSource& source : sources) {
    RETURN_IF_ERROR(CheckIsNotRead(path, source.id, *source.checkpoint));
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
