#ifndef WEIGHBRIDGE_VERIFY_REPORT_REPORT_H_
#define WEIGHBRIDGE_VERIFY_REPORT_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

// What a manifest says, as a page for people: one HTML file without scripts that needs nothing beside it, for screens light and dark and
// for paper. The same manifest always gives the same bytes. The manifest may say anything: its texts stay text, its numbers may be absurd,
// and what is too long or too many is counted. Every tensor that is not exact is on the page.
//
// A page about a no says NO in its title and at its top: where the manifest's verdict is not a yes, where it contradicts itself (both
// are listed), and where `reasons` say why an audit, of which the manifest is the new judgement, said no all the same. Fails as Sha256.
absl::StatusOr<std::string> RenderReport(const Manifest& manifest, const std::vector<std::string>& reasons = {});

// The page of an audit that said no and judged nothing anew: NO, why, and the digests that the audited manifest states. None of its claims
// stands there. Fails as Sha256.
absl::StatusOr<std::string> RenderRefusal(const Manifest& manifest, const std::vector<std::string>& reasons);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_REPORT_REPORT_H_
