#ifndef WEIGHBRIDGE_FORMATS_BYTES_LATIN1_SOURCE_H_
#define WEIGHBRIDGE_FORMATS_BYTES_LATIN1_SOURCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {

// The bytes that `text` spells: UTF-8 whose code points, all below 256, are the bytes. So pickles of protocol 1 and 2 hold bytes
// (docs/spec/formats.md 8.5). Reads `text` once, to prove that it is such a text and to note where each 64 KiB of it begins; holds 8 bytes
// for each of them and never the payload. Afterwards a read costs the decoding of what it wants and of less than 64 KiB before it.
//
// DataLoss when `text` is no UTF-8 or holds a code point above U+00FF, naming its offset in `text`. Reads fail as those of `text`, and with
// DataLoss where it no longer decodes as it did.
absl::StatusOr<ByteSourcePtr> MakeLatin1Source(std::string name, ByteSourcePtr text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_BYTES_LATIN1_SOURCE_H_
