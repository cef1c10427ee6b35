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
  // The same, but null for a new key where there are `most` groups already.
  Value* Find(const std::string& key, size_t most) { return size() < most || places_.contains(key) ? &(*this)[key] : nullptr; }
  size_t size() const { return groups_.size(); }
  auto begin() const { return groups_.begin(); }
  auto end() const { return groups_.end(); }

 private:
  absl::flat_hash_map<std::string, size_t> places_;
  std::vector<std::pair<std::string, Value>> groups_;
};

// The value of a tensor's component; of "others" where there are `most` components already and this is not one of them.
template <typename Value>
Value& OfComponent(absl::string_view name, size_t most, Groups<Value>& components) {
  Value* value = components.Find(Component(name), most);
  return value != nullptr ? *value : components["others"];
}

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_NAME_GROUPS_H_
