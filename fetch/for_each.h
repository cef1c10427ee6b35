#ifndef WEIGHBRIDGE_FETCH_FOR_EACH_H_
#define WEIGHBRIDGE_FETCH_FOR_EACH_H_

#include <cstddef>

#include "absl/functional/function_ref.h"

namespace weighbridge {

// Calls work(0), …, work(count - 1), begun in this order, on `threads` threads, or on fewer when the system refuses them, and returns when
// all are done.
void ForEach(size_t count, int threads, absl::FunctionRef<void(size_t)> work);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_FOR_EACH_H_
