#ifndef WEIGHBRIDGE_FORMATS_PICKLE_INERT_VALUES_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_INERT_VALUES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// What a call gives that is never looked at again, such as a device, a number or a slice: an Inert that says `what`. PermissionDenied: the
// arguments hold tensors. That they are such as the libraries take, or these would refuse a file that is read here, the caller has checked.
absl::StatusOr<Value*> MakeInert(Arena& arena, const TableRow& function, Arguments arguments, std::string what);

// DataLoss when Python cannot hash `item`, so that it cannot stand in a set: a list, a dict, a set or an array. A frozenset could, and is
// not told from a set here.
absl::Status CheckIsHashable(const Value& item);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_INERT_VALUES_H_
