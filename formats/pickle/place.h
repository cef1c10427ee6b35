#ifndef WEIGHBRIDGE_FORMATS_PICKLE_PLACE_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_PLACE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// The place of the value that a machine is making, from what stands on its stack: the keys from the root in quotes, `"model.w"`, escaped.
// Empty outside of dicts, and where the stack can be read in two ways: a wrong place would send the reader astray. `marks` are sizes of the
// stack.
std::string PlaceOf(const std::vector<Value*>& stack, const std::vector<size_t>& marks);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_PLACE_H_
