#ifndef WEIGHBRIDGE_FORMATS_PICKLE_ATTRIBUTES_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_ATTRIBUTES_H_

#include "absl/status/status.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// What a dict says that is given to an object as its attributes (docs/spec/formats.md 2.7).
struct Attributes {
  // Under "_metadata", or null.
  const Value* metadata = nullptr;
  // Whether an OrderedDict, and whether a tensor, may be given them. Unimplemented when one would become another object by that: an
  // attribute that its class gives a meaning, such as "data" of a tensor, whose setting replaces all elements, or "items" of a dict.
  // DataLoss: a name is not a text.
  absl::Status for_dict;
  absl::Status for_tensor;
};

Attributes ReadAttributes(const Dict& state);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_ATTRIBUTES_H_
