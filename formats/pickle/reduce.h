#ifndef WEIGHBRIDGE_FORMATS_PICKLE_REDUCE_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_REDUCE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// The global whose row is `row`. PermissionDenied, showing module and name, when that is null.
absl::StatusOr<Value*> MakeGlobal(Arena& arena, const TableRow* row, absl::string_view module, absl::string_view name);

// What `function` gives for `arguments` by its row (docs/spec/formats.md 2.6): REDUCE. DataLoss: these are not a global and a tuple, or not
// what the function takes. PermissionDenied: the table does not foresee this use. Unimplemented: what it makes is not read.
absl::StatusOr<Value*> CallGlobal(Arena& arena, const Value& function, const Value& arguments);

// NEWOBJ: what `cls.__new__(cls, *arguments)` gives, without `__init__`. Fails as CallGlobal; Unimplemented also where arguments would be
// left unused.
absl::StatusOr<Value*> NewOfGlobal(Arena& arena, const Value& cls, const Value& arguments);

// BUILD (docs/spec/formats.md 2.7): gives `object` its state. Fails as CallGlobal.
absl::Status BuildValue(Arena& arena, Dialects dialects, Value* object, const Value& state);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_REDUCE_H_
