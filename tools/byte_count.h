#ifndef WEIGHBRIDGE_TOOLS_BYTE_COUNT_H_
#define WEIGHBRIDGE_TOOLS_BYTE_COUNT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge {

// A number of bytes as a flag: "512MiB", "10GB", "4096". B, KB, MB, GB, TB are powers of 1000; KiB, MiB, GiB, TiB powers of 1024.
struct ByteCount {
  int64_t bytes = 0;
};

bool AbslParseFlag(absl::string_view text, ByteCount* count, std::string* error);
std::string AbslUnparseFlag(ByteCount count);

// For people: "3.31 GB", "659 KB", "12 B"; powers of 1000, three digits.
std::string ReadableBytes(int64_t bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_BYTE_COUNT_H_
