#ifndef WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_OPTIONS_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_OPTIONS_H_

#include "formats/read_limits.h"

namespace weighbridge::pickle {

struct MachineOptions {
  // Which persistent ids may occur. Anything else is DataLoss.
  enum class PersistentIds { kNone, kTorchZip, kTorchLegacy, kTorchTar };
  PersistentIds persistent_ids = PersistentIds::kNone;

  // How Python-2 byte strings become text (docs/spec/formats.md 2.3).
  enum class ByteStrings { kUtf8, kLatin1 };
  ByteStrings byte_strings = ByteStrings::kUtf8;

  ReadLimits limits;
};

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_OPTIONS_H_
