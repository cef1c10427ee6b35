#include "verify/report/report.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "proto/manifest.pb.h"
#include "verify/report/html.h"
#include "verify/report/sections.h"
#include "verify/report/style.h"

namespace weighbridge {
namespace report {
namespace {

Html Head(const Manifest& manifest) {
  Html head;
  head.AppendMarkup("<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
  // Nothing is loaded and nothing runs, even if a mistake of ours let markup through.
  head.AppendMarkup(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action "
      "'none'\">");
  head.Append(Element("title", "Weighbridge: ", Abridge(manifest.recipe().name(), 80)));
  return head.Append(StyleSheet());
}

Html Body(const Manifest& manifest) {
  return Concat(VerdictSection(manifest), ConservationSection(manifest), DifferencesSection(manifest), TensorsSection(manifest),
                LossesSection(manifest), LineageSection(manifest), DropsSection(manifest), RecipeSection(manifest),
                DigestsSection(manifest));
}

}  // namespace
}  // namespace report

std::string RenderReport(const Manifest& manifest) {
  const report::Html page =
      report::Element("html lang=\"en\"", report::Element("head", report::Head(manifest)), report::Element("body", report::Body(manifest)));
  return absl::StrCat("<!doctype html>\n", page.source(), "\n");
}

}  // namespace weighbridge
