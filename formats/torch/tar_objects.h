#ifndef WEIGHBRIDGE_FORMATS_TORCH_TAR_OBJECTS_H_
#define WEIGHBRIDGE_FORMATS_TORCH_TAR_OBJECTS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/torch/tar_archive.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {

// What the members `storages` and `tensors` of torch's tar form hold, by the numbers under which the member `pickle` names it.
//
// DataLoss: a member breaks its format, a number is given twice or to nothing, or a tensor reaches beyond its storage. PermissionDenied and
// others as pickle::RunPickle. ResourceExhausted: there are more than limits.tensors. What follows in a member is remarked.
class TarObjects {
 public:
  TarObjects(ByteSourcePtr source, const ReadLimits& limits) : source_(std::move(source)), limits_(limits) {}

  // Count, storages and their views (docs/spec/formats.md 5.2).
  absl::Status ReadStorages(const TarMember& member, std::vector<std::string>& remarks);

  // Count and tensors (docs/spec/formats.md 5.3); after ReadStorages.
  absl::Status ReadTensors(const TarMember& member, std::vector<std::string>& remarks);

  // The tensor that a persistent id names; a storage as a tensor of one axis.
  absl::StatusOr<StoredTensor> Find(const std::string& id) const;

 private:
  struct Storage {
    DType dtype = DType::kFloat32;
    SourceRange bytes;
  };

  // The pickle at the cursor, of at most `limit` bytes, which is passed.
  absl::StatusOr<pickle::Document> ReadPickle(ByteCursor& cursor, int64_t limit) const;
  absl::StatusOr<int64_t> ReadCount(ByteCursor& cursor) const;
  absl::Status CheckNew(int64_t key) const;
  absl::Status ReadStorage(ByteCursor& cursor);
  absl::Status ReadViews(ByteCursor& cursor);
  absl::Status AddView(const pickle::Value& item);
  absl::Status ReadTensor(ByteCursor& cursor);

  ByteSourcePtr source_;
  const ReadLimits limits_;
  absl::flat_hash_map<int64_t, Storage> storages_;
  absl::flat_hash_map<int64_t, StoredTensor> tensors_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_TAR_OBJECTS_H_
