#include "formats/directory/read_weights.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "formats/directory/name_sources.h"
#include "formats/numpy/read_numpy.h"
#include "formats/paddle/read_lod_tensors.h"
#include "formats/paddle/read_paddle.h"
#include "formats/paddle/variable_names.h"
#include "formats/safetensors/read_safetensors.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/torch/read_torch.h"
#include "formats/torch/read_torch_tar.h"

namespace weighbridge {
namespace {

// The names of LoDTensors stand in files beside, which are read then.
absl::StatusOr<Checkpoint> ReadWithNames(const ByteSourcePtr& source, const ReadLimits& limits, std::vector<CheckpointFile>& files) {
  ASSIGN_OR_RETURN(const std::vector<paddle::NameSource> names, OpenNameSources(source->name()));
  for (const paddle::NameSource& name_source : names) {
    files.push_back({CheckpointFile::Role::kConfig, name_source.bytes->name(), name_source.bytes});
  }
  return ReadLodTensors(source, names, limits);
}

absl::StatusOr<Checkpoint> ReadByKind(FileKind kind, const ByteSourcePtr& source, const ReadLimits& limits,
                                      std::vector<CheckpointFile>& files) {
  switch (kind) {
    case FileKind::kTorchZip:
      return ReadTorchZip(source, limits);
    case FileKind::kTorchLegacy:
      return ReadTorchLegacy(source, limits);
    case FileKind::kSafetensors:
      return ReadSafetensors(source, limits);
    case FileKind::kPaddlePickle:
      return ReadPaddle(source, limits);
    case FileKind::kTorchTar:
      return ReadTorchTar(source, limits);
    case FileKind::kNpy:
      return ReadNpy(source, limits);
    case FileKind::kNpz:
      return ReadNpz(source, limits);
    case FileKind::kPaddleLodTensors:
      return ReadWithNames(source, limits, files);
    case FileKind::kShardIndex:
      return absl::DataLossError(absl::StrCat("reading ", source->name(), ": it is JSON, and no file of weights"));
  }
  return absl::InternalError("no such kind of file");
}

// The bytes from the first to the last element of a tensor that has some.
int64_t Extent(const StoredTensor& tensor) {
  int64_t elements = 1;
  for (size_t k = 0; k < tensor.strides().size(); ++k) elements += (tensor.spec().shape[k] - 1) * tensor.strides()[k];
  return elements * ItemSize(tensor.spec().dtype);
}

// Tensors that share storages, or repeat their elements by strides of 0 or overlapping windows, may claim what lies nowhere
// (docs/spec/formats.md 3.5).
absl::Status CheckSizes(const Checkpoint& checkpoint, const ReadLimits& limits) {
  int64_t left_of_all = limits.tensor_bytes;
  int64_t left = limits.expanded_bytes;
  for (const CheckpointTensor& row : checkpoint.tensors()) {
    if (row.tensor.byte_size() > left_of_all) {
      return absl::ResourceExhaustedError(absl::StrCat("tensor \"", absl::Utf8SafeCEscape(row.name), "\": ", ToString(row.tensor.spec()),
                                                       " and those before it have more than ", limits.tensor_bytes, " bytes, the limit"));
    }
    left_of_all -= row.tensor.byte_size();
    if (row.tensor.element_count() == 0 || row.tensor.byte_size() <= Extent(row.tensor)) continue;
    if (row.tensor.byte_size() > left) {
      return absl::ResourceExhaustedError(absl::StrCat("tensor \"", absl::Utf8SafeCEscape(row.name), "\": ", ToString(row.tensor.spec()),
                                                       " repeats ", Extent(row.tensor), " bytes; together such tensors have more than ",
                                                       limits.expanded_bytes, " bytes, the limit"));
    }
    left -= row.tensor.byte_size();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Checkpoint> ReadWeights(FileKind kind, ByteSourcePtr source, const ReadLimits& limits) {
  std::vector<CheckpointFile> files = {{CheckpointFile::Role::kWeights, source->name(), source}};
  absl::StatusOr<Checkpoint> checkpoint = ReadByKind(kind, source, limits, files);
  if (!checkpoint.ok()) return checkpoint.status();
  RETURN_IF_ERROR(CheckSizes(*checkpoint, limits), Annotate(_, absl::StrCat("reading ", source->name())));
  checkpoint->files = std::move(files);
  return checkpoint;
}

}  // namespace weighbridge
