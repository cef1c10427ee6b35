#include "verify/report/report.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "proto/manifest.pb.h"
#include "verify/audit/contradictions.h"
#include "verify/digest/digest.h"
#include "verify/manifest/manifest.h"
#include "verify/report/html.h"
#include "verify/report/sections.h"
#include "verify/report/style.h"

namespace weighbridge {
namespace report {
namespace {

Html Head(const Manifest& manifest, bool is_yes) {
  Html head;
  head.AppendMarkup("<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
  // Nothing is loaded and nothing runs, even if a mistake of ours let markup through.
  head.AppendMarkup(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action "
      "'none'\">");
  head.Append(Element("title", "Weighbridge: ", is_yes ? "" : "NO: ", Abridge(manifest.recipe().name(), 80)));
  return head.Append(StyleSheet());
}

Html Body(const Manifest& manifest, const Answer& answer, const std::string& sha256) {
  return Concat(VerdictSection(manifest, answer), ConservationSection(manifest), DifferencesSection(manifest), TensorsSection(manifest),
                LossesSection(manifest), LineageSection(manifest), DropsSection(manifest), RecipeSection(manifest),
                DigestsSection(manifest, sha256));
}

std::string Page(const Html& head, const Html& body) {
  return absl::StrCat("<!doctype html>\n", Element("html lang=\"en\"", Element("head", head), Element("body", body)).source(), "\n");
}

}  // namespace
}  // namespace report

absl::StatusOr<std::string> RenderReport(const Manifest& manifest, const std::vector<std::string>& reasons) {
  ASSIGN_OR_RETURN(std::vector<std::string> contradictions, Contradictions(manifest));
  ASSIGN_OR_RETURN(const std::string sha256, Sha256Of(SerializeManifest(manifest)));
  const bool is_yes = IsAccepted(manifest) && reasons.empty() && contradictions.empty();
  const report::Answer answer{.is_yes = is_yes, .reasons = reasons, .contradictions = std::move(contradictions)};
  return report::Page(report::Head(manifest, is_yes), report::Body(manifest, answer, sha256));
}

absl::StatusOr<std::string> RenderRefusal(const Manifest& manifest, const std::vector<std::string>& reasons) {
  ASSIGN_OR_RETURN(const std::string sha256, Sha256Of(SerializeManifest(manifest)));
  return report::Page(report::Head(manifest, false),
                      report::Concat(report::RefusalSection(reasons), report::DigestsSection(manifest, sha256)));
}

}  // namespace weighbridge
