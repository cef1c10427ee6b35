#ifndef WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_OPTIONS_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_OPTIONS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/pickle/dialect.h"
#include "formats/read_limits.h"

namespace weighbridge::pickle {

struct MachineOptions {
  // What the pickle may name beside Python's own (python_dialect.h).
  std::vector<const Dialect*> dialects;

  // What a persistent id stands for; `position` is that of the opcode. Null: the format has none, and one is DataLoss.
  absl::StatusOr<Value*> (*load_persistent_id)(Arena& arena, const Value& id, int64_t position) = nullptr;
  // Whether persistent ids may be lines of text (opcode PERSID), each a Reference.
  bool has_text_ids = false;

  // How Python-2 byte strings become text (docs/spec/formats.md 2.3).
  enum class ByteStrings { kUtf8, kLatin1 };
  ByteStrings byte_strings = ByteStrings::kUtf8;

  ReadLimits limits;
};

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_OPTIONS_H_
