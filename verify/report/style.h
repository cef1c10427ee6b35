#ifndef WEIGHBRIDGE_VERIFY_REPORT_STYLE_H_
#define WEIGHBRIDGE_VERIFY_REPORT_STYLE_H_

#include "verify/report/html.h"

namespace weighbridge::report {

// The page's style sheet, a "style" element: for screens light and dark, and for paper, which is always light. Colours mean something
// (exact, within tolerance, wrong; used, dropped) and never stand alone; every text has a contrast of at least 4.5 to 1.
Html StyleSheet();

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_STYLE_H_
