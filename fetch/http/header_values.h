#ifndef WEIGHBRIDGE_FETCH_HTTP_HEADER_VALUES_H_
#define WEIGHBRIDGE_FETCH_HTTP_HEADER_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/http/http_client.h"
#include "fetch/transport.h"

// What the headers of an answer mean to somebody who wants a file. A value that breaks its grammar is one that is not there.

namespace weighbridge {

// Content-Range: "bytes A-B/TOTAL" as [A, B + 1) and TOTAL, where 0 <= A <= B < TOTAL.
struct ContentRange {
  ByteRange range;
  int64_t total = 0;
};
std::optional<ContentRange> ParseContentRange(absl::string_view text);

// Content-Length, in bytes.
std::optional<int64_t> ContentLength(const HttpHead& head);

// The size of the whole file of which a successful answer gives all or a part, in bytes.
std::optional<int64_t> TotalSize(const HttpHead& head);

// What names the state of the file (docs/spec/fetching.md 4.1): the strong ETag, else Last-Modified if that is at least a second older than
// Date, else "".
std::string ValidatorOf(const HttpHead& head);

// What is stated about the bytes of the file: Repr-Digest, Digest, x-amz-checksum-sha256, x-goog-hash, and Content-MD5 unless an ETag that
// looks like an MD5 says otherwise (docs/spec/fetching.md 3.3, 4.1).
Hashes StatedHashes(const HttpHead& head);

// Retry-After: seconds, or a date, of which the time from `now` on counts. Never negative.
std::optional<absl::Duration> ParseRetryAfter(absl::string_view text, absl::Time now);

// The file name of a Content-Disposition, filename* first, without folders, control characters and leading dots; "" when there is none.
std::string AttachmentName(absl::string_view content_disposition);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HTTP_HEADER_VALUES_H_
