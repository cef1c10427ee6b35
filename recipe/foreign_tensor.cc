#include "recipe/foreign_tensor.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "recipe/pattern.h"

namespace weighbridge {
namespace {

// A text with {term}s as a pattern.
std::string ToPattern(absl::string_view text) {
  std::string pattern;
  bool is_term = false;
  for (const char c : text) {
    if (c == '{') pattern.push_back('*');
    if (c == '{' || c == '}') {
      is_term = c == '{';
    } else if (!is_term) {
      pattern.push_back(c);
    }
  }
  return pattern;
}

std::vector<std::string> KnownNames(const Recipe& recipe) {
  std::vector<std::string> patterns;
  for (const Recipe::Section& section : recipe.sections()) {
    for (const Recipe::Take& take : section.takes()) patterns.push_back(take.match());
    for (const Recipe::Entry& entry : section.entries()) {
      if (entry.has_tensor()) patterns.push_back(ToPattern(entry.tensor().from()));
      for (const Recipe::Tensor& tensor : entry.layers().tensors()) patterns.push_back(ToPattern(tensor.from()));
    }
  }
  for (const Recipe::Drop& drop : recipe.drops()) patterns.push_back(drop.match());
  return patterns;
}

}  // namespace

std::string FindForeignTensor(const Recipe& recipe, const Checkpoint& checkpoint) {
  const std::vector<std::string> known = KnownNames(recipe);
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    const bool is_known =
        std::any_of(known.begin(), known.end(), [&](const std::string& pattern) { return MatchesPattern(pattern, tensor.name); });
    if (!is_known) return tensor.name;
  }
  return "";
}

}  // namespace weighbridge
