#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_CHECKPOINT_LAYOUT_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_CHECKPOINT_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"

namespace weighbridge {

// The containers that are written.
enum class WeightsFormat { kTorch, kSafetensors, kPdparams };

// "torch", "safetensors", "pdparams", and the inverse, nothing for any other text.
absl::string_view WeightsFormatName(WeightsFormat format);
std::optional<WeightsFormat> ParseWeightsFormat(absl::string_view name);

// The name of a checkpoint of one file: "pytorch_model.bin", "model.safetensors", "model_state.pdparams".
absl::string_view WeightsFileName(WeightsFormat format);

// The files of a checkpoint that is still to be written: one, or shards and the index that names them.
struct CheckpointLayout {
  struct Weights {
    std::string name;
    size_t first_row = 0;  // Its layout's slots are those of rows first_row, first_row + 1, …
    Layout layout;
  };
  struct Index {
    std::string name;
    std::string bytes;
  };

  std::vector<Weights> weights;  // In the rows' order.
  std::optional<Index> index;    // Present when there is more than one file.
};

struct CheckpointLayoutOptions {
  WeightsFormat format = WeightsFormat::kPdparams;
  // Bytes of tensors in one file, at most, unless one tensor alone has more; nothing: all in one file.
  std::optional<int64_t> max_shard_size = std::nullopt;
  // Torch: whether the state dict is an OrderedDict that notes its modules; not in shards. Plain dicts otherwise.
  std::optional<ModuleVersions> module_versions = std::nullopt;
  // Safetensors: of each file; none when empty.
  std::map<std::string, std::string> metadata = {};
  // Of weights in one file; the format's usual name when empty.
  std::string file_name = "";
};

// Divides the rows among files as the format's own library does and lays out each.
//
// torch and safetensors: transformers 4.28 (docs/spec/reference_pipeline.md D.5): greedily in the rows' order, a new shard where the next
// tensor would exceed the limit, also before the first tensor, which leaves an empty shard that the index does not name;
// "pytorch_model-00001-of-00002.bin"; the index has sorted keys. pdparams: PaddleNLP from 2.6.0 (docs/spec/reference_pipeline.md G): the
// same without empty shards, the index in the rows' order, in each shard the name table of its rows. Rows that are the same tensor count
// each; where the format shares bytes they do so within a shard, and in another shard stand again.
//
// InvalidArgument for a limit that is not positive, and for two rows of one name; otherwise fails as TorchLayout, SafetensorsLayout and
// PaddleLayout, naming the file, and for a dtype that only safetensors can hold, what may be done. Internal: a layout does not cover its
// file exactly once (formats/check_layout.h).
absl::StatusOr<CheckpointLayout> LayOutCheckpoint(absl::Span<const LayoutRow> rows, const CheckpointLayoutOptions& options);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_CHECKPOINT_LAYOUT_H_
