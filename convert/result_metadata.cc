#include "convert/result_metadata.h"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

std::map<std::string, std::string> ResultMetadata(const Plan& plan) {
  std::map<std::string, std::string> metadata;
  for (size_t i = 0; i < plan.sources.size(); ++i) {
    const std::map<std::string, std::string>& other = plan.sources[i].checkpoint->metadata;
    if (i == 0) metadata = other;
    std::erase_if(metadata, [&](const auto& entry) {
      const auto same = other.find(entry.first);
      return same == other.end() || same->second != entry.second;
    });
  }
  const std::string& framework = plan.recipe.result().framework();
  if (!framework.empty()) metadata["format"] = framework;
  return metadata;
}

std::vector<std::string> ConversionRemarks(const Plan& plan, WeightsFormat format) {
  std::map<std::string, std::string> kept;
  if (format == WeightsFormat::kSafetensors) kept = ResultMetadata(plan);
  std::vector<std::string> remarks;
  std::set<std::string> lost;
  for (const PlanSource& source : plan.sources) {
    for (const std::string& remark : source.checkpoint->remarks) remarks.push_back(absl::StrCat(source.id, ": ", remark));
    for (const auto& [key, value] : source.checkpoint->metadata) {
      if (key != "format" && !kept.contains(key)) lost.insert(key);
    }
  }
  remarks.insert(remarks.end(), plan.remarks.begin(), plan.remarks.end());
  if (lost.empty()) return remarks;
  const char* why = format == WeightsFormat::kSafetensors ? "the sources do not agree on it" : "only safetensors have a place for it";
  remarks.push_back(absl::StrCat("metadata that the result does not have, for ", why, ": ", absl::StrJoin(lost, ", ")));
  return remarks;
}

}  // namespace weighbridge
