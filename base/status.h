#ifndef WEIGHBRIDGE_BASE_STATUS_H_
#define WEIGHBRIDGE_BASE_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// What absl::Status lacks: leaving a function at the first failure, and saying at each layer what only that layer knows.

namespace weighbridge {

// The same failure, payloads included, with "context: " in front of its message. What succeeded is returned as it is.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace weighbridge

// Leaves the function with the status of `expression` (an absl::Status) unless it is OK. With a second argument, an expression in which `_`
// is that status and which is evaluated only then, leaves it with the value of that:
//
//   RETURN_IF_ERROR(source.ReadAt(offset, buffer));
//   RETURN_IF_ERROR(CheckRow(row), Annotate(_, row.name));
//
// An expression with a comma outside of parentheses stands in parentheses.
#define RETURN_IF_ERROR(...) WEIGHBRIDGE_STATUS_PICK_2(__VA_ARGS__, WEIGHBRIDGE_STATUS_RETURN, WEIGHBRIDGE_STATUS_RETURN_PLAIN)(__VA_ARGS__)

// Assigns the value of `expression` (an absl::StatusOr) to `left`, which may be a declaration, or leaves the function as above:
//
//   ASSIGN_OR_RETURN(const Checkpoint checkpoint, OpenCheckpoint(path));
//   ASSIGN_OR_RETURN(spec.shape, ReadShape(cursor), Annotate(_, "shape"));
//
// It is several statements: not for the branch of an `if` without braces.
#define ASSIGN_OR_RETURN(left, ...)                                                                  \
  WEIGHBRIDGE_STATUS_PICK_2(__VA_ARGS__, WEIGHBRIDGE_STATUS_ASSIGN, WEIGHBRIDGE_STATUS_ASSIGN_PLAIN) \
  (WEIGHBRIDGE_STATUS_JOIN(status_or_, __LINE__), left, __VA_ARGS__)

#define WEIGHBRIDGE_STATUS_PICK_2(first, second, macro, ...) macro
#define WEIGHBRIDGE_STATUS_JOIN(a, b) WEIGHBRIDGE_STATUS_JOIN_EXPANDED(a, b)
#define WEIGHBRIDGE_STATUS_JOIN_EXPANDED(a, b) a##b
#define WEIGHBRIDGE_STATUS_RETURN_PLAIN(expression) WEIGHBRIDGE_STATUS_RETURN(expression, _)
#define WEIGHBRIDGE_STATUS_RETURN(expression, error) \
  do {                                               \
    if (absl::Status _ = (expression); !_.ok()) {    \
      return error;                                  \
    }                                                \
  } while (false)
#define WEIGHBRIDGE_STATUS_ASSIGN_PLAIN(value, left, expression) WEIGHBRIDGE_STATUS_ASSIGN(value, left, expression, _)
#define WEIGHBRIDGE_STATUS_ASSIGN(value, left, expression, error) \
  auto value = (expression);                                      \
  if (!value.ok()) {                                              \
    [[maybe_unused]] absl::Status _ = std::move(value).status();  \
    return error;                                                 \
  }                                                               \
  left = *std::move(value)

#endif  // WEIGHBRIDGE_BASE_STATUS_H_
