#include "formats/checkpoint.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

absl::Status Checkpoint::Add(CheckpointTensor tensor) {
  if (!index_.emplace(tensor.name, tensors_.size()).second) {
    return absl::DataLossError(absl::StrCat("two tensors have the name \"", tensor.name, "\""));
  }
  tensors_.push_back(std::move(tensor));
  return absl::OkStatus();
}

const CheckpointTensor* Checkpoint::Find(absl::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

absl::Status CheckAllListed(const Checkpoint& checkpoint) {
  if (checkpoint.unlisted.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(checkpoint.path, ": cannot account for all that it holds: ", checkpoint.unlisted[0],
                   checkpoint.unlisted.size() == 1 ? "" : absl::StrCat("; and ", checkpoint.unlisted.size() - 1, " more")));
}

}  // namespace weighbridge
