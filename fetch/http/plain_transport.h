#ifndef WEIGHBRIDGE_FETCH_HTTP_PLAIN_TRANSPORT_H_
#define WEIGHBRIDGE_FETCH_HTTP_PLAIN_TRANSPORT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "fetch/file_hasher.h"
#include "fetch/http/exchange.h"
#include "fetch/http/http_client.h"
#include "fetch/transport.h"
#include "fetch/uri.h"

namespace weighbridge {

// What an answer states about the bytes of its file: Repr-Digest, Digest, x-amz-checksum-sha256, x-goog-hash, and Content-MD5 unless an
// ETag that looks like an MD5 says otherwise (docs/spec/fetching.md 3.3, 4.1).
Hashes StatedHashes(const HttpHead& head);

// Any server of files, Baidu's public objects among them: https://… names one file. `client` outlives it.
class PlainTransport : public Transport {
 public:
  explicit PlainTransport(HttpClient& client) : client_(client) {}

  absl::StatusOr<Listing> List(const Uri& uri) override;
  std::unique_ptr<RemoteReader> Open(const RemoteFile& file) override;

 private:
  HttpClient& client_;
  HttpSite site_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HTTP_PLAIN_TRANSPORT_H_
