#ifndef WEIGHBRIDGE_FORMATS_PICKLE_FLATTEN_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_FLATTEN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"

namespace weighbridge::pickle {

// Something with elements, and where it stands.
struct Leaf {
  // The keys from the root joined by ".", members of lists and tuples by decimal index; "" for the root itself (formats.md 2.11). Paths of
  // two leaves may be equal: {"a": {"b": t}, "a.b": u}.
  std::string path;
  // A Tensor, Storage, Reference, Array, NamedArray or StaticArray; never null.
  const Value* value = nullptr;
};

// All leaves below `root`, in the order in which Python iterates. What holds none is passed over, and walked once however often it is
// referenced.
//
// FailedPrecondition: the root is neither a dict nor a leaf, and holds none: that is no checkpoint, whatever else it is.
// ResourceExhausted, before anything is listed: it takes more steps than limits.paths, or the paths together take more than
// limits.pickle_bytes (formats.md 2.9). Unimplemented: a leaf stands under a key that has no plain name (a float, bytes, a tuple).
absl::StatusOr<std::vector<Leaf>> Flatten(const Value& root, const ReadLimits& limits);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_FLATTEN_H_
