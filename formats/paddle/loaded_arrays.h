#ifndef WEIGHBRIDGE_FORMATS_PADDLE_LOADED_ARRAYS_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_LOADED_ARRAYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"

namespace weighbridge::paddle {

// The arrays that paddle.load finds in an object, before it makes tensors of some of them.
struct LoadedArrays {
  struct Array {
    std::string path;
    StoredTensor elements;
    // Of the tuple in which it stands, where it stands in one (docs/spec/formats.md 8.7).
    std::optional<std::string> tuple_name;
  };

  // In the order of the object; parameters that were saved in slices are joined and stand last.
  std::vector<Array> arrays;
  // Name → tensor name, where the object has a name table. Every name is the path of an array.
  std::optional<absl::flat_hash_map<std::string, std::string>> name_table;
  std::vector<std::string> unlisted;  // As Checkpoint's, as is `work`.
  int64_t work = 0;
};

// What paddle.load does with the pickled object: it joins slices, then reads the name table (docs/spec/reference_pipeline.md F.6); where
// there is none, a tuple of a text and an array is an array with a name, however it was made. The pickle stands in `source`. Fails as
// JoinSlices, pickle::Flatten and pickle::StoreArray; DataLoss also when the name table is malformed or lists a name without an array, or
// when something else, a number, stands in place of the text in such a tuple; Unimplemented when the object holds tensors of another
// library; ResourceExhausted when the names of tensors take more memory than the pickle's length allows.
absl::StatusOr<LoadedArrays> LoadArrays(const pickle::Document& document, const ByteSourcePtr& source, const ReadLimits& limits);

}  // namespace weighbridge::paddle

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_LOADED_ARRAYS_H_
