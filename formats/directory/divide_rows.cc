#include "formats/directory/divide_rows.h"

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

absl::StatusOr<Division> DivideRows(absl::Span<const LayoutRow> rows, int64_t max_shard_size, bool keeps_empty_shard) {
  if (max_shard_size <= 0) return absl::InvalidArgumentError(absl::StrCat("shards cannot have at most ", max_shard_size, " bytes"));
  Division division{.begins = {0}};
  int64_t shard_size = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSIGN_OR_RETURN(int64_t size, ByteSize(rows[i].spec), Annotate(_, absl::StrCat("tensor \"", rows[i].name, "\"")));
    if (size > max_shard_size - shard_size) {
      if (keeps_empty_shard || division.begins.back() < i) division.begins.push_back(i);
      shard_size = 0;
    }
    shard_size += size;
    if (__builtin_add_overflow(division.total_size, size, &division.total_size)) {
      return absl::DataLossError("the bytes of all tensors together exceed int64");
    }
  }
  return division;
}

}  // namespace weighbridge
