#ifndef WEIGHBRIDGE_FUZZ_CHECKPOINT_TARGETS_H_
#define WEIGHBRIDGE_FUZZ_CHECKPOINT_TARGETS_H_

#include <string>

#include "absl/status/statusor.h"

namespace weighbridge {

// FuzzTarget::read of the readers that make a Checkpoint: of each format by itself, and of all, told apart by content.
absl::StatusOr<std::string> FuzzWeights(const std::string& bytes);
absl::StatusOr<std::string> FuzzTorchZip(const std::string& bytes);
absl::StatusOr<std::string> FuzzTorchLegacy(const std::string& bytes);
absl::StatusOr<std::string> FuzzTorchTar(const std::string& bytes);
absl::StatusOr<std::string> FuzzPaddle(const std::string& bytes);
absl::StatusOr<std::string> FuzzLodTensors(const std::string& bytes);
absl::StatusOr<std::string> FuzzNpy(const std::string& bytes);
absl::StatusOr<std::string> FuzzNpz(const std::string& bytes);
absl::StatusOr<std::string> FuzzSafetensors(const std::string& bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FUZZ_CHECKPOINT_TARGETS_H_
