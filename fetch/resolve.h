#ifndef WEIGHBRIDGE_FETCH_RESOLVE_H_
#define WEIGHBRIDGE_FETCH_RESOLVE_H_

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fetch/address/uri.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/hub/hub_cache.h"
#include "fetch/lock/queries.h"
#include "fetch/retry.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// One for each kind of address. They outlive their users.
struct Transports {
  Transport* hub = nullptr;
  Transport* drive = nullptr;
  Transport* http = nullptr;
  Transport* file = nullptr;

  Transport& For(const Uri& uri) const;
};

// One file that is wanted.
struct FileTask {
  int source = 0;  // Its place in the lock.
  int file = 0;
  RemoteFile remote;              // With every hash that is known.
  std::vector<Uri> mirrors;       // Other addresses of the same bytes.
  std::string folder;             // The folder of the lock.
  std::string target;             // Where the file shall lie: remote.path below that folder.
  std::string same_as;            // A file on this machine that holds the same bytes; empty for none.
  bool hash_from_source = false;  // No hash was known but the one that the source itself stated just now.
  bool listed = false;            // The source itself named this file just now, with the hashes in `stated`.
  Hashes stated;                  // By the source, just now.
};

struct ResolveOptions {
  Transports transports;
  const HubCache* hub_cache = nullptr;  // Null for none.
  bool offline = false;                 // Nothing but this machine is asked.
  Queries queries;
  RetryPolicy retry;
  const std::atomic<bool>* stop = nullptr;             // Never null.
  std::function<void(const std::string&)> on_message;  // Never empty.
};

// Asks the sources for what the lock does not say, so that afterwards it names every file with address and size; one request per source
// at most, none where the lock says it all and everything is there. Returns the files in the lock's order, to lie below `into`. Fails as
// Transport::List does when that has been retried, naming the address. DataLoss: a source states another size or hash than the lock, or
// content that the lock refuses. NotFound also for a file that the lock names and the source lacks. InvalidArgument: a wanted file
// has a name of our own, or the result breaks a rule of CheckWeightsLock.
absl::StatusOr<std::vector<FileTask>> ResolveLock(WeightsLock& lock, const std::string& into, const ResolveOptions& options);

// DataLoss when the lock refuses bytes of that SHA-256, saying why.
absl::Status CheckNotRefused(const LockedFile& file, const std::string& sha256);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_RESOLVE_H_
