#ifndef WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/machine_options.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// Runs the pickle that starts at `begin` of `source` and must end before `end`, on a closed machine: nothing is looked up, imported or
// called; a global that neither Python's dialect nor one of the options names ends the reading. Payloads of bytes and of long texts are
// passed over, never held.
//
// PermissionDenied: the pickle names a global outside the table, or uses one in a way that the table does not foresee; the message holds
// module and name. DataLoss: it is not a well-formed pickle of protocol 0 to 5. Unimplemented: a legal opcode or object that is not read
// (EXT, out-of-band buffers, protocol 6). ResourceExhausted: it goes beyond a limit. Every message starts with the offset of the opcode in
// the source and its name, and says which key of which dict was being filled, where that is known: `offset 96: REDUCE in "model.w": …`.
//
// With options.limits.opaque_objects a global outside the table does not end the reading: it, what its calls give, and what is put into
// that are opaque objects (Inert), of which nothing is kept.
absl::StatusOr<Document> RunPickle(const ByteSource& source, int64_t begin, int64_t end, const MachineOptions& options);

// What a pickle names, for a judgement of its safety.
struct GlobalsReport {
  std::vector<NamedGlobal> globals;  // By first naming.
  absl::Status status;               // Why the pickle was not followed to its end, as RunPickle; OK when it was.
  int64_t end = 0;                   // Up to where it was followed, an offset in the source.
};

// Runs a pickle as RunPickle does with opaque objects, and tells what it names up to its end or up to where it cannot be followed.
GlobalsReport ListGlobals(const ByteSource& source, int64_t begin, int64_t end, MachineOptions options);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_H_
