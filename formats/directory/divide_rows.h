#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_DIVIDE_ROWS_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_DIVIDE_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/layout.h"

namespace weighbridge {

// How rows are divided among shards.
struct Division {
  std::vector<size_t> begins;  // The first row of each shard, ascending from 0; a shard ends where the next begins. At least one.
  int64_t total_size = 0;      // Bytes of all rows, of each tensor as often as it occurs.
};

// Divides greedily: a new shard begins where the next row would exceed `max_shard_size` bytes. Where the first row alone does, what stands
// before it is an empty shard if `keeps_empty_shard`. InvalidArgument: the limit is not positive. DataLoss as ByteSize, naming the tensor,
// and when the total exceeds int64.
absl::StatusOr<Division> DivideRows(absl::Span<const LayoutRow> rows, int64_t max_shard_size, bool keeps_empty_shard);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_DIVIDE_ROWS_H_
