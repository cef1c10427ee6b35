#ifndef WEIGHBRIDGE_VERIFY_REPORT_LINEAGE_CHART_H_
#define WEIGHBRIDGE_VERIFY_REPORT_LINEAGE_CHART_H_

#include "proto/manifest.pb.h"
#include "verify/report/html.h"

namespace weighbridge::report {

// The way from the sources over those that recipes made to the output, from left to right; streams are as wide as the bytes used. Which
// sources a recipe reads stands in its text; a source that none of the made ones reads goes to the output. Nothing for more than 24
// sources, which no diagram could show.
Html LineageChart(const Manifest& manifest);

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_LINEAGE_CHART_H_
