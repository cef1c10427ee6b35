#ifndef WEIGHBRIDGE_FETCH_HUB_HUB_LISTING_H_
#define WEIGHBRIDGE_FETCH_HUB_HUB_LISTING_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fetch/transport.h"

namespace weighbridge {

// The hub's answer about a repository (docs/spec/fetching.md 1.3): its commit and its files, by path, with sizes and hashes. DataLoss: it
// is not such an answer, or a file name in it is not a RelativePath; ResourceExhausted: more than 250,000 files.
absl::StatusOr<Listing> ParseHubListing(const std::string& repository, absl::string_view json);

// What a hub names a file's bytes by: 64 hexadecimal digits are a SHA-256, 40 a git blob; anything else says nothing.
Hashes HashesOfEtag(absl::string_view etag);

// 40 hexadecimal digits.
bool IsCommit(absl::string_view revision);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HUB_HUB_LISTING_H_
