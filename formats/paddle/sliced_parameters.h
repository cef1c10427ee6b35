#ifndef WEIGHBRIDGE_FORMATS_PADDLE_SLICED_PARAMETERS_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_SLICED_PARAMETERS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "formats/numpy/stored_array.h"
#include "formats/paddle/state_dict.h"
#include "formats/pickle/value.h"
#include "formats/stored_tensor.h"

namespace weighbridge::paddle {

// The parameters of a state dict that were saved in slices, put together without reading them.
struct SlicedParameters {
  // Name and elements, in the order in which the info dict lists them: so paddle.load appends them to the dict.
  std::vector<std::pair<std::string, StoredTensor>> parameters;
  // The names of the slices, which paddle.load removes from the dict.
  absl::flat_hash_set<std::string> slices;
};

// `info` is the entry kSlicedParameters of the state dict with those `entries`, whose arrays `store` finds. DataLoss unless every
// slice is there, used once, one-dimensional and of its parameter's dtype, the slices have exactly the elements of OriginShape, a
// description has nothing beside these two, and no other entry has the parameter's name (docs/spec/formats.md 8.8).
absl::StatusOr<SlicedParameters> JoinSlices(const pickle::Value& info, const Entries& entries, pickle::ArrayStore& store);

}  // namespace weighbridge::paddle

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_SLICED_PARAMETERS_H_
