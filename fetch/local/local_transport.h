#ifndef WEIGHBRIDGE_FETCH_LOCAL_LOCAL_TRANSPORT_H_
#define WEIGHBRIDGE_FETCH_LOCAL_LOCAL_TRANSPORT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "fetch/address/uri.h"
#include "fetch/transport.h"

namespace weighbridge {

// file://PATH: a regular file, or a folder with all regular files below it. A file that changes while it is read is Aborted.
class LocalTransport : public Transport {
 public:
  absl::StatusOr<Listing> List(const Uri& uri) override;
  std::unique_ptr<RemoteReader> Open(const RemoteFile& file) override;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_LOCAL_LOCAL_TRANSPORT_H_
