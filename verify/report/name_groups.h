#ifndef WEIGHBRIDGE_VERIFY_REPORT_NAME_GROUPS_H_
#define WEIGHBRIDGE_VERIFY_REPORT_NAME_GROUPS_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace weighbridge::report {

// The part of a model that a tensor belongs to: the first two parts of its name, without numbers and what follows them, and without the
// last part, unless it is the only one. "language_model.llama" for "language_model.llama.layers.0.mlp.up_proj.weight", "lm_head" for
// "lm_head.weight".
std::string Component(absl::string_view name);

// A name, or an expression with names in it, with "*" in the place of each part that is a number: "layers.*.weight".
std::string Pattern(absl::string_view text);

// A value for each key, in the order in which the keys appeared.
template <typename Value>
class Groups {
 public:
  Value& operator[](const std::string& key) {
    const auto [place, is_new] = places_.try_emplace(key, groups_.size());
    if (is_new) groups_.emplace_back(key, Value());
    return groups_[place->second].second;
  }
  bool contains(const std::string& key) const { return places_.contains(key); }
  size_t size() const { return groups_.size(); }
  auto begin() const { return groups_.begin(); }
  auto end() const { return groups_.end(); }

 private:
  absl::flat_hash_map<std::string, size_t> places_;
  std::vector<std::pair<std::string, Value>> groups_;
};

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_NAME_GROUPS_H_
