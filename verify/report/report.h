#ifndef WEIGHBRIDGE_VERIFY_REPORT_REPORT_H_
#define WEIGHBRIDGE_VERIFY_REPORT_REPORT_H_

#include <string>

#include "proto/manifest.pb.h"

namespace weighbridge {

// What a manifest says, as a page for people: one HTML file without scripts that needs nothing beside it, for screens light and dark and
// for paper. The same manifest always gives the same bytes. The manifest may say anything: its texts stay text, its numbers may be absurd,
// and what is too long or too many is counted. Every tensor that is not exact is on the page.
std::string RenderReport(const Manifest& manifest);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_REPORT_REPORT_H_
