#ifndef WEIGHBRIDGE_FORMATS_PICKLE_INERT_VALUES_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_INERT_VALUES_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/closed_table.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// What calling a device, a layout, a number, a slice or a numpy scalar gives: an Inert, which is never looked at again. The arguments must
// be such as the libraries take, or they would refuse a file that is read here: DataLoss otherwise. PermissionDenied: they hold tensors.
absl::StatusOr<Value*> MakeInert(Arena& arena, const TableRow& function, Arguments arguments);

// DataLoss when Python cannot hash `item`, so that it cannot stand in a set: a list, a dict, a set or an array. A frozenset could, and is
// not told from a set here.
absl::Status CheckIsHashable(const Value& item);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_INERT_VALUES_H_
