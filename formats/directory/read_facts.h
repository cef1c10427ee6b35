#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_READ_FACTS_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_READ_FACTS_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The scalar values of a config.json, keys and positions in arrays joined by ".": "hidden_size", "text_config.vocab_size",
// "architectures.0". A whole number that fits is an int64_t, any other number a double; null is not a fact.
//
// DataLoss: it is not valid JSON, not an object, or gives two values under one joined name. ResourceExhausted: it goes beyond
// limits.json_bytes or limits.nesting, or its joined names have more than 64 KiB and 16 times its own bytes together. Otherwise as
// ByteSource::ReadAt. Messages begin with "reading PATH: ".
absl::StatusOr<Facts> ReadFacts(const ByteSource& source, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_READ_FACTS_H_
