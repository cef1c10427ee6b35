#ifndef WEIGHBRIDGE_FETCH_ADDRESS_URI_H_
#define WEIGHBRIDGE_FETCH_ADDRESS_URI_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// What a user names: hf://ORG/NAME[@REVISION][/FILE] (or NAME alone, with @REVISION before a file), gdrive://ID, https://…, file://…;
// "#sha256=HEX" behind it says what the bytes hash to.
struct Uri {
  enum class Scheme { kHub, kDrive, kHttp, kFile };
  Scheme scheme = Scheme::kHttp;
  std::string repository;  // Hub: "ORG/NAME", or "NAME" of the oldest ones.
  std::string revision;    // Hub: decoded, a RelativePath; empty for the default branch.
  std::string path;        // Hub: the file in the repository, a RelativePath, or empty for all. File: an absolute path.
  std::string drive_id;
  std::string address;       // Http: without query.
  std::string query;         // Http: what may be a secret (a signature, a token) and is therefore written nowhere.
  bool lacks_query = false;  // Http: it had a query that is not known any more.
  std::string sha256;        // Lower-case hexadecimal; empty when not given.

  // The same without sha256 and query, in the one way we write it: for locks, journals, reports and messages.
  std::string ToString() const;
};

Uri HubUri(std::string repository, std::string revision, std::string path);
Uri FileUri(std::string path);

// Also takes the addresses that browsers show for the hub's and Google Drive's files, and plain paths. InvalidArgument, naming it without
// its secrets.
absl::StatusOr<Uri> ParseUri(absl::string_view text);

// FailedPrecondition, telling what to do, when lacks_query is set: it cannot be asked for anything.
absl::Status CheckHasQuery(const Uri& uri);

// InvalidArgument unless `text` is empty or 64 hexadecimal digits.
absl::Status CheckSha256(absl::string_view text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_ADDRESS_URI_H_
