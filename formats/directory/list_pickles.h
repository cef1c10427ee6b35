#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_LIST_PICKLES_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_LIST_PICKLES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"

namespace weighbridge {

// A pickle in a checkpoint and what it names. Nothing of it is looked up, imported or called.
struct ListedPickle {
  std::string where;                         // "PATH", "PATH: member a/data.pkl", "PATH: pickle 4".
  std::vector<pickle::NamedGlobal> globals;  // By first naming; as far as the pickle could be followed.
  // Why it could not be followed to its end; OK when it was.
  absl::Status status;

  // Whether it names something outside the closed table (docs/spec/formats.md 2.6), or uses an entry of it as the table does not foresee.
  bool IsForbidden() const;
};

// The pickles of the checkpoint that a user names (open_checkpoint.h): of a zip archive all members *.pkl, of a legacy file the five, of a
// bare pickle also those that follow it, of LoDTensors the one beside that names them, of an index those of every shard. None for formats
// that have none.
//
// Fails where a file cannot be opened or its structure around the pickles cannot be read, as OpenCheckpoint; a pickle that is damaged or
// refused is no failure but says so in its status.
absl::StatusOr<std::vector<ListedPickle>> ListPickles(const std::string& path, const ReadLimits& limits = {});

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_LIST_PICKLES_H_
