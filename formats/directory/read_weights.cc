#include "formats/directory/read_weights.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/paddle/read_paddle.h"
#include "formats/safetensors/read_safetensors.h"
#include "formats/torch/read_torch.h"

namespace weighbridge {
namespace {

absl::StatusOr<Checkpoint> ReadByKind(FileKind kind, const ByteSourcePtr& source, const ReadLimits& limits) {
  switch (kind) {
    case FileKind::kZip:
      return ReadTorchZip(source, limits);
    case FileKind::kTorchLegacy:
      return ReadTorchLegacy(source, limits);
    case FileKind::kSafetensors:
      return ReadSafetensors(source, limits);
    case FileKind::kPickle:
      return ReadPaddle(source, limits);
    case FileKind::kJson:
      return absl::DataLossError(absl::StrCat("reading ", source->name(), ": it is JSON, and no file of weights"));
  }
  return absl::InternalError("no such kind of file");
}

}  // namespace

absl::StatusOr<Checkpoint> ReadWeights(FileKind kind, ByteSourcePtr source, const ReadLimits& limits) {
  absl::StatusOr<Checkpoint> checkpoint = ReadByKind(kind, source, limits);
  if (checkpoint.ok()) checkpoint->files = {{CheckpointFile::Role::kWeights, source->name(), source}};
  return checkpoint;
}

}  // namespace weighbridge
