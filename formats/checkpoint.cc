#include "formats/checkpoint.h"

#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weighbridge {
namespace {

size_t HashOf(absl::string_view name) {
  return absl::flat_hash_map<absl::string_view, size_t>::hasher()(name);
}

}  // namespace

absl::Status Checkpoint::Add(CheckpointTensor tensor) {
  for (size_t key = HashOf(tensor.name);; ++key) {
    const auto [other, is_new] = index_.emplace(key, tensors_.size());
    if (is_new) break;
    if (tensors_[other->second].name == tensor.name) {
      return absl::DataLossError(absl::StrCat("two tensors have the name \"", tensor.name, "\""));
    }
  }
  tensors_.push_back(std::move(tensor));
  return absl::OkStatus();
}

const CheckpointTensor* Checkpoint::Find(absl::string_view name) const {
  size_t key = HashOf(name);
  for (auto found = index_.find(key); found != index_.end(); found = index_.find(++key)) {
    if (tensors_[found->second].name == name) return &tensors_[found->second];
  }
  return nullptr;
}

absl::Status CheckAllListed(const Checkpoint& checkpoint) {
  if (checkpoint.unlisted.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(checkpoint.path, ": cannot account for all that it holds: ", checkpoint.unlisted[0],
                   checkpoint.unlisted.size() == 1 ? "" : absl::StrCat("; and ", checkpoint.unlisted.size() - 1, " more")));
}

}  // namespace weighbridge
