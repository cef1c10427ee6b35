#ifndef WEIGHBRIDGE_VERIFY_REPORT_CHARTS_H_
#define WEIGHBRIDGE_VERIFY_REPORT_CHARTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "verify/report/html.h"

namespace weighbridge::report {

// Inline SVG without any text from files. style.cc has the colours.

struct Segment {
  int64_t amount = 0;  // Drawn as 0 when negative.
  std::string look;    // A class of style.cc: "used" (solid), "dropped" (hollow), "right", "within", "wrong".
};

// The segments side by side, in a bar whose full width is `whole`.
Html Bar(absl::Span<const Segment> segments, int64_t whole);

// The histogram of ErrorStatistics.ulp_histogram, logarithmic in height, with axis and counts.
Html UlpChart(absl::Span<const int64_t> histogram);

// The same as a word-sized figure.
Html UlpSparkline(absl::Span<const int64_t> histogram);

// A stream from one place of a diagram to another, straight at first: the places in percent of its width and height.
struct Stream {
  double from_x = 0;
  double from_y = 0;
  double bend_x = 0;  // Where it leaves its row.
  double to_x = 0;
  double to_y = 0;
  double width = 1;  // Pixels.
};

// The lines of a diagram, stretched over it.
Html Streams(const std::vector<Stream>& streams);

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_CHARTS_H_
