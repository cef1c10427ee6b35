#include "verify/report/charts.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "verify/compare/difference.h"
#include "verify/report/html.h"
#include "verify/report/numbers.h"

namespace weighbridge::report {
namespace {

std::string Coordinate(double value) {
  return absl::StrFormat("%.5g", value);
}

Html Rectangle(double x, double y, double width, double height, const std::string& look) {
  return ElementWith(
      "rect", {{"x", Coordinate(x)}, {"y", Coordinate(y)}, {"width", Coordinate(width)}, {"height", Coordinate(height)}, {"class", look}});
}

Html Label(double x, double y, const std::string& text) {
  return ElementWith("text", {{"x", Coordinate(x)}, {"y", Coordinate(y)}}, Concat(text));
}

absl::Span<const int64_t> Known(absl::Span<const int64_t> histogram) {
  return histogram.subspan(0, std::min(histogram.size(), kUlpBins));
}

// From 0 for none to 1 for the fullest bucket.
std::vector<double> Heights(absl::Span<const int64_t> histogram) {
  double fullest = 0;
  std::vector<double> heights;
  for (const int64_t count : histogram) {
    heights.push_back(count > 0 ? std::log10(1 + static_cast<double>(count)) : 0);
    fullest = std::max(fullest, heights.back());
  }
  for (double& height : heights) height /= std::max(fullest, 1e-9);
  return heights;
}

// The greatest distance that belongs to a bucket.
std::string BucketLabel(size_t bucket) {
  if (bucket < 3) return absl::StrCat(bucket);
  if (bucket + 1 == kUlpBins) return "more";
  const auto exponent = static_cast<int>(bucket) - 1;
  return exponent < 10 ? absl::StrCat(1 << exponent) : absl::StrCat("2", Superscript(exponent));
}

// "834", "12.3k", "4.56M": what fits above a bar.
std::string ShortCount(int64_t count) {
  constexpr absl::string_view kUnits[] = {"", "k", "M", "G", "T", "P", "E"};
  auto value = static_cast<double>(count);
  size_t unit = 0;
  for (; value >= 999.5; ++unit) value /= 1000;
  return unit == 0 ? absl::StrCat(count) : absl::StrFormat("%.*f%s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, kUnits[unit]);
}

}  // namespace

Html Bar(absl::Span<const Segment> segments, int64_t whole) {
  constexpr double kWidth = 1000;
  Html bar;
  double x = 0;
  for (const Segment& segment : segments) {
    if (segment.amount <= 0 || whole <= 0) continue;
    const double width = std::min(kWidth - x, kWidth * static_cast<double>(segment.amount) / static_cast<double>(whole));
    bar.Append(Rectangle(x, 0, width, 10, segment.look));
    x += width;
  }
  return Element("svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"", bar);
}

Html UlpChart(absl::Span<const int64_t> histogram) {
  constexpr double kColumn = 30;
  constexpr double kBase = 128;
  constexpr double kTallest = 104;
  histogram = Known(histogram);
  const std::vector<double> heights = Heights(histogram);
  Html chart;
  for (size_t i = 0; i < kUlpBins; ++i) {
    const double x = kColumn * static_cast<double>(i);
    if (i < histogram.size() && histogram[i] > 0) {
      const double height = std::max(1.0, kTallest * heights[i]);
      chart.Append(Rectangle(x + 3, kBase - height, kColumn - 6, height, i == 0 ? "equal" : "apart"));
      chart.Append(Label(x + kColumn / 2, kBase - height - 4, ShortCount(histogram[i])));
    }
    chart.Append(Label(x + kColumn / 2, kBase + 14, BucketLabel(i)));
  }
  chart.Append(Rectangle(0, kBase, kColumn * kUlpBins, 0.75, "axis"));
  return Element("svg class=\"ulp\" viewBox=\"0 0 690 146\" role=\"img\" aria-label=\"Histogram of distances in representable values\"",
                 chart);
}

Html UlpSparkline(absl::Span<const int64_t> histogram) {
  const std::vector<double> heights = Heights(Known(histogram));
  // One path for all bars of a look: there may be thousands of these on a page.
  std::string equal;
  std::string apart;
  for (size_t i = 0; i < heights.size(); ++i) {
    if (heights[i] > 0) absl::StrAppendFormat(i == 0 ? &equal : &apart, "M%d 19.5v-%.3gh4v%.3gz", 5 * i, 19 * heights[i], 19 * heights[i]);
  }
  Html line = Rectangle(0, 19.5, 5 * kUlpBins, 0.5, "axis");
  if (!equal.empty()) line.Append(ElementWith("path class=\"equal\"", {{"d", equal}}));
  if (!apart.empty()) line.Append(ElementWith("path class=\"apart\"", {{"d", apart}}));
  return Element("svg class=\"spark\" viewBox=\"0 0 115 20\" aria-hidden=\"true\"", line);
}

Html Streams(const std::vector<Stream>& streams) {
  Html lines;
  for (const Stream& stream : streams) {
    const double middle = (stream.bend_x + stream.to_x) / 2;
    const std::string path = absl::StrFormat("M%.5g %.5gH%.5gC%.5g %.5g %.5g %.5g %.5g %.5g", stream.from_x, stream.from_y, stream.bend_x,
                                             middle, stream.from_y, middle, stream.to_y, stream.to_x, stream.to_y);
    lines.Append(ElementWith("path", {{"d", path}, {"stroke-width", Coordinate(stream.width)}}));
  }
  return Element("svg class=\"streams\" viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" aria-hidden=\"true\"", lines);
}

}  // namespace weighbridge::report
