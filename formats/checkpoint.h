#ifndef WEIGHBRIDGE_FORMATS_CHECKPOINT_H_
#define WEIGHBRIDGE_FORMATS_CHECKPOINT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/stored_tensor.h"

namespace weighbridge {

// One tensor of a checkpoint.
struct CheckpointTensor {
  // The path from the root, keys joined by "." (docs/spec/formats.md 2.11); "" for a file that is one bare tensor.
  std::string name;
  StoredTensor tensor;
  // The name that the container gives the tensor itself (Paddle's name table or tuple); empty where it gives none.
  std::string tensor_name;
};

// A part of a source whose CRC-32 the container states. Readers of tensors do not check it; whoever reads the part in full does,
// and whoever reads all tensors checks the parts without one too.
struct ChecksummedRange {
  ByteSourcePtr source;
  int64_t offset = 0;
  int64_t size = 0;
  uint32_t crc32 = 0;
  std::string label;  // For messages: "member archive/data/7".
  // Whether a tensor lies in it. A part without one (a version, an id, a storage that no tensor uses) is read by nobody on the way.
  bool has_tensors = true;
};

// Where a file came from, as whoever fetched it recorded.
struct FileOrigin {
  std::string uri;
  std::string revision;  // May be empty.
  std::string sha256;    // 32 bytes: of what was fetched. What lies there now may be something else.
};

// A file that was read to make a checkpoint.
struct CheckpointFile {
  enum class Role { kWeights, kIndex, kConfig, kTokenizer };
  Role role = Role::kWeights;
  std::string path;
  ByteSourcePtr bytes;
  std::optional<FileOrigin> origin = std::nullopt;
};

// What is known about a model beside its tensors: scalar values of config.json, nested keys joined by ".".
using FactValue = std::variant<bool, int64_t, double, std::string>;
using Facts = std::map<std::string, FactValue>;

// The version that a module of torch notes in its state dict: {"model.layers.0.mlp", 1}. "" is the root.
struct ModuleVersion {
  std::string module;
  int64_t version = 0;

  friend bool operator==(const ModuleVersion&, const ModuleVersion&) = default;
};
using ModuleVersions = std::vector<ModuleVersion>;

// The first table: which tensors a checkpoint holds and where their elements lie. A plain value, made by one function per format;
// tensors stand in file order, which is part of what a conversion must reproduce.
class Checkpoint {
 public:
  // Appends `tensor`. DataLoss when its name is taken: two tensors of one joined name are never told apart silently (docs/spec/formats.md
  // 2.11).
  absl::Status Add(CheckpointTensor tensor);

  // Puts another tensor in the place of the one at `row`, under its name.
  void Replace(size_t row, StoredTensor tensor) { tensors_[row].tensor = std::move(tensor); }

  absl::Span<const CheckpointTensor> tensors() const { return tensors_; }

  // The tensor of that name, or nullptr. Valid until the next Add.
  const CheckpointTensor* Find(absl::string_view name) const;

  std::string path;    // As the user gave it.
  std::string format;  // "torch_zip", "torch_legacy", "pdparams", "safetensors", "index", …
  // False where the container sorts its tensors itself (safetensors), so that their order means nothing.
  bool is_ordered = true;
  std::map<std::string, std::string> metadata;
  // What torch's state_dict() carries as `_metadata` of its OrderedDict, in order; nothing where the file has none.
  std::optional<ModuleVersions> module_versions;
  Facts facts;
  std::vector<CheckpointFile> files;
  std::vector<ChecksummedRange> checksums;
  // What a careful reader would tell the user though it is no error: "16 bytes after the pickle's end", one sentence each.
  std::vector<std::string> remarks;
  // What the file holds and tensors() does not: a tensor in a set or in an attribute of an object, one sentence for each place. To be told
  // as a remark is; a conversion, which must account for everything, refuses a checkpoint with any (CheckAllListed).
  std::vector<std::string> unlisted;
  // Steps of work that reading it took beyond one pass over its bytes (ReadLimits::work), where the reader counts them.
  int64_t work = 0;

 private:
  std::vector<CheckpointTensor> tensors_;
  // Rows by the hash of their name or, where that is taken by another, the next number: a name is held once.
  absl::flat_hash_map<size_t, size_t> index_;
};

// FailedPrecondition when `checkpoint` holds what it does not list, naming it and the file.
absl::Status CheckAllListed(const Checkpoint& checkpoint);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_CHECKPOINT_H_
