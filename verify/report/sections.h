#ifndef WEIGHBRIDGE_VERIFY_REPORT_SECTIONS_H_
#define WEIGHBRIDGE_VERIFY_REPORT_SECTIONS_H_

#include <string>
#include <vector>

#include "proto/manifest.pb.h"
#include "verify/report/html.h"

namespace weighbridge::report {

// What the page says before all else.
struct Answer {
  bool is_yes = false;
  std::vector<std::string> reasons;         // Why an audit said no.
  std::vector<std::string> contradictions;  // In the manifest.
};

// The parts of the page, in its order. Each is nothing where the manifest has nothing to say about it, except where that is news itself
// ("no cast changed a value").

// Yes or NO and why, what it is about, how many tensors have which verdict, and remarks.
Html VerdictSection(const Manifest& manifest, const Answer& answer);

// NO and why, and nothing of what the manifest claims.
Html RefusalSection(const std::vector<std::string>& reasons);

// The bytes that came in, source by source: used, dropped; and those that went out.
Html ConservationSection(const Manifest& manifest);

// Error statistics of all that differs together, the worst tensors one by one, and every tensor that is not exact.
Html DifferencesSection(const Manifest& manifest);

// By component of the model, by pattern of names, and one by one; and those with elements that are not finite.
Html TensorsSection(const Manifest& manifest);

// What casts changed.
Html LossesSection(const Manifest& manifest);

// From sources to output: a diagram, and the files with digests and origins.
Html LineageSection(const Manifest& manifest);

// Source tensors that reached no output, by reason.
Html DropsSection(const Manifest& manifest);

// The recipes as they were applied.
Html RecipeSection(const Manifest& manifest);

// What this page's manifest, of which that is the SHA-256, the output and the recipes can be told by.
Html DigestsSection(const Manifest& manifest, const std::string& sha256);

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_SECTIONS_H_
