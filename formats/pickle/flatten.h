#ifndef WEIGHBRIDGE_FORMATS_PICKLE_FLATTEN_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_FLATTEN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"

namespace weighbridge::pickle {

// Something with elements, and where it stands.
struct Leaf {
  // The keys from the root joined by ".", members of lists and tuples by decimal index; "" for the root itself (docs/spec/formats.md 2.11).
  // Paths of two leaves may be equal: {"a": {"b": t}, "a.b": u}.
  std::string path;
  // A Tensor, Storage, Reference, Array or StaticArray, or a pair (below); never null.
  const Value* value = nullptr;
};

struct Leaves {
  std::vector<Leaf> leaves;
  // One sentence for each place that holds elements to which no path leads, as Checkpoint::unlisted.
  std::vector<std::string> unlisted;
  int64_t work = 0;  // Steps that it took (ReadLimits::work).
};

// Whether a tuple of an array and, before it, something that holds nothing is a leaf. Paddle takes it for a tensor with a name.
enum class Pairs { kAreTuples, kAreLeaves };

// All leaves below `root`, in the order in which Python iterates, and what lies aside. `root` is the document's, or stands in its place
// with some of its members. What holds no elements is passed over, and everything is looked through once however often it is referenced.
//
// FailedPrecondition: the root is neither a dict nor a leaf nor an opaque object that ReadLimits lets pass, and holds no tensor: that is no
// checkpoint, whatever else it is.
// ResourceExhausted, before anything is listed: it takes more steps or more memory than the document's program allows (budget.h), or more
// steps than limits.paths (docs/spec/formats.md 2.9). Unimplemented: a leaf stands under a key that has no plain name (a float, bytes, a
// tuple).
absl::StatusOr<Leaves> Flatten(const Document& document, const Value& root, Pairs pairs, const ReadLimits& limits);

// The array that Python has for `value` once it is loaded, or nullptr; also for nullptr. A static-mode tensor is one, a pair is not
// (docs/spec/formats.md 8.7).
const Array* ArrayOf(const Value* value);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_FLATTEN_H_
