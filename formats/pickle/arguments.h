#ifndef WEIGHBRIDGE_FORMATS_PICKLE_ARGUMENTS_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_ARGUMENTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// DataLoss unless there are from `least` to `most` arguments.
absl::Status CheckCount(Arguments arguments, size_t least, size_t most);

// `value` as an integer; `what` says in the message what it should have been. DataLoss for every other kind, bools included.
absl::StatusOr<int64_t> IntegerOf(const Value& value, absl::string_view what);

// `value` as a tuple of integers. DataLoss for everything else, and for more than 64 (numpy's and torch's limit on axes).
absl::StatusOr<std::vector<int64_t>> IntegersOf(const Value& value, absl::string_view what);

// `value` as a bool; `what` as for IntegerOf. DataLoss for everything else.
absl::StatusOr<bool> BoolOf(const Value& value, absl::string_view what);

// Whether `value` is exactly that text.
bool IsText(const Value& value, absl::string_view text);

// The row of `value`, or nullptr when it is not a global.
const TableRow* RowOf(const Value& value);

// "numpy.ndarray".
std::string NameOf(const TableRow& row);

// DataLoss: `value` stands in place of `what`.
absl::Status InPlaceOf(const Value& value, absl::string_view what);

// PermissionDenied: the table does not foresee this use of `row`, "with no codec".
absl::Status Unforeseen(const TableRow& row, absl::string_view use);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_ARGUMENTS_H_
