#ifndef WEIGHBRIDGE_FETCH_URI_H_
#define WEIGHBRIDGE_FETCH_URI_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// What a user names: hf://ORG/NAME[@REVISION][/FILE], gdrive://ID, https://…, file://…; "#sha256=HEX" behind it says what the bytes hash
// to.
struct Uri {
  enum class Scheme { kHub, kDrive, kHttp, kFile };
  Scheme scheme = Scheme::kHttp;
  std::string repository;  // Hub: "ORG/NAME".
  std::string revision;    // Hub: decoded; empty for the default branch.
  std::string path;        // Hub: the file in the repository, or empty for all. File: an absolute path.
  std::string drive_id;
  std::string address;  // Http: the whole address.
  std::string sha256;   // Lower-case hexadecimal; empty when not given.

  // The same without sha256, in the one way we write it.
  std::string ToString() const;
};

Uri HubUri(std::string repository, std::string revision, std::string path);
Uri FileUri(std::string path);

// Also takes the addresses that browsers show for the hub's and Google Drive's files, and plain paths. InvalidArgument, naming it.
absl::StatusOr<Uri> ParseUri(absl::string_view text);

// InvalidArgument unless `text` is empty or 64 hexadecimal digits.
absl::Status CheckSha256(absl::string_view text);

// A name that a server or a lock gives, to be put below a folder of ours: parts joined by "/". InvalidArgument: it is empty or absolute,
// has an empty part, "." or "..", a backslash or a control character, or ends as our own unfinished files do.
absl::Status CheckRelativePath(absl::string_view path);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_URI_H_
