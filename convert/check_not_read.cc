#include "convert/check_not_read.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kWouldOverwrite = "weighbridge/would-overwrite";

}  // namespace

absl::Status WouldOverwrite(absl::string_view path, absl::string_view what, absl::string_view advice) {
  absl::Status status = absl::FailedPreconditionError(absl::StrCat(path, " is ", what, " and is never overwritten; ", advice));
  status.SetPayload(kWouldOverwrite, absl::Cord());
  return status;
}

bool IsWouldOverwrite(const absl::Status& status) {
  return status.GetPayload(kWouldOverwrite).has_value();
}

absl::Status CheckIsNotRead(const std::string& path, absl::string_view id, const Checkpoint& checkpoint) {
  for (const CheckpointFile& file : checkpoint.files) {
    std::error_code error;
    if (!std::filesystem::equivalent(path, file.path, error) || error) continue;
    return WouldOverwrite(path, absl::StrCat("read as a source (", id, ")"), "give another folder");
  }
  return absl::OkStatus();
}

absl::Status CheckIsNotRead(const std::string& path, const std::vector<PlanSource>& sources) {
  for (const PlanSource& source : sources) {
    RETURN_IF_ERROR(source.checkpoint != nullptr ? CheckIsNotRead(path, source.id, *source.checkpoint)
                                                 : CheckIsNotRead(path, source.plan->sources));
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
