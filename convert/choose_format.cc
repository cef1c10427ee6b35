#include "convert/choose_format.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/directory/recognize.h"

namespace weighbridge {

absl::StatusOr<WeightsFormat> FormatLike(const Checkpoint& checkpoint) {
  const auto weights = std::find_if(checkpoint.files.begin(), checkpoint.files.end(),
                                    [](const CheckpointFile& file) { return file.role == CheckpointFile::Role::kWeights; });
  if (weights == checkpoint.files.end()) return WeightsFormat::kTorch;
  ASSIGN_OR_RETURN(FileKind kind, RecognizeFile(*weights->bytes));
  return kind == FileKind::kSafetensors ? WeightsFormat::kSafetensors : WeightsFormat::kTorch;
}

WeightsFormat FormatByName(absl::string_view name) {
  if (absl::EndsWith(name, ".safetensors")) return WeightsFormat::kSafetensors;
  if (absl::EndsWith(name, ".pdparams")) return WeightsFormat::kPdparams;
  return WeightsFormat::kTorch;
}

}  // namespace weighbridge
