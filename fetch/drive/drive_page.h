#ifndef WEIGHBRIDGE_FETCH_DRIVE_DRIVE_PAGE_H_
#define WEIGHBRIDGE_FETCH_DRIVE_DRIVE_PAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fetch/address/url.h"

namespace weighbridge {

// Where the page leads that Google Drive shows instead of a file (docs/spec/fetching.md 2.3): to the form behind its warning that it cannot
// scan a file for viruses, if that form's action is /download at `origin`. Otherwise why there is no file: FailedPrecondition for an
// exhausted quota or a page of another kind, PermissionDenied for a file that needs rights, NotFound. `page` came from `url`.
absl::StatusOr<Url> AfterDrivePage(const Url& url, int status, const std::string& origin, absl::string_view page);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DRIVE_DRIVE_PAGE_H_
