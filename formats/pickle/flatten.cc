#include "formats/pickle/flatten.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"

namespace weighbridge::pickle {
namespace {

bool IsLeaf(const Value& value) {
  return value.As<Tensor>() || value.As<Storage>() || value.As<Reference>() || value.As<Array>() || value.As<NamedArray>() ||
         value.As<StaticArray>();
}

// The members of a container, in order; of any other value there are none.
size_t MemberCount(const Value& value) {
  if (const Dict* dict = value.As<Dict>()) return dict->items.size();
  if (const List* list = value.As<List>()) return list->items.size();
  if (const Tuple* tuple = value.As<Tuple>()) return tuple->items.size();
  return 0;
}

const Value& Member(const Value& value, size_t index) {
  if (const Dict* dict = value.As<Dict>()) return *dict->items[index].second;
  if (const List* list = value.As<List>()) return *list->items[index];
  return *value.As<Tuple>()->items[index];
}

// The path component of a member, as Python's str() shows its key; nothing when the key has no plain name.
std::optional<std::string> MemberName(const Value& value, size_t index) {
  const Dict* dict = value.As<Dict>();
  if (dict == nullptr) return absl::StrCat(index);
  const Value& key = *dict->items[index].first;
  if (const Text* text = key.As<Text>()) return text->utf8;
  if (const int64_t* number = key.As<int64_t>()) return absl::StrCat(*number);
  if (const bool* truth = key.As<bool>()) return *truth ? "True" : "False";
  if (key.As<None>()) return "None";
  return std::nullopt;
}

int64_t SaturatingAdd(int64_t a, int64_t b) {
  return __builtin_add_overflow(a, b, &a) ? std::numeric_limits<int64_t>::max() : a;
}

int64_t SaturatingMultiply(int64_t a, int64_t b) {
  return __builtin_mul_overflow(a, b, &a) ? std::numeric_limits<int64_t>::max() : a;
}

// What listing the leaves below a value would cost. All zero when it holds none.
struct Cost {
  int64_t leaves = 0;
  int64_t steps = 0;
  int64_t name_bytes = 0;  // Of the paths from this value on, together.
};

// A container on the way from the root to where the walk stands.
struct Frame {
  const Value* value;
  size_t next = 0;       // The member to visit next.
  size_t path_size = 0;  // Of the container's own path.
};

// Finds the cost of every container below `root`, each walked once; so shared ones cannot make this long. The machine lets no value hold
// itself, so the walk ends.
class CostFinder {
 public:
  explicit CostFinder(const Value& root) {
    Enter(root);
    while (!stack_.empty()) {
      Frame& frame = stack_.back();
      if (frame.next == MemberCount(*frame.value)) {
        Leave();
      } else {
        Enter(Member(*frame.value, frame.next++));
      }
    }
  }

  Cost Of(const Value& value) const {
    if (IsLeaf(value)) return {.leaves = 1, .steps = 1, .name_bytes = 0};
    const auto found = finished_.find(&value);
    return found == finished_.end() ? Cost() : found->second;
  }

 private:
  void Enter(const Value& value) {
    if (MemberCount(value) > 0 && !finished_.contains(&value)) stack_.push_back({.value = &value});
  }

  void Leave() {
    const Value& value = *stack_.back().value;
    stack_.pop_back();
    Cost cost;
    for (size_t i = 0; i < MemberCount(value); ++i) {
      const Cost member = Of(Member(value, i));
      if (member.leaves == 0) continue;
      const std::optional<std::string> name = MemberName(value, i);
      const int64_t name_size = name.has_value() ? static_cast<int64_t>(name->size()) + 1 : 1;
      cost.leaves = SaturatingAdd(cost.leaves, member.leaves);
      cost.steps = SaturatingAdd(cost.steps, member.steps);
      cost.name_bytes = SaturatingAdd(cost.name_bytes, SaturatingAdd(member.name_bytes, SaturatingMultiply(member.leaves, name_size)));
    }
    if (cost.leaves > 0) cost.steps = SaturatingAdd(cost.steps, static_cast<int64_t>(MemberCount(value)));
    finished_.emplace(&value, cost);
  }

  std::vector<Frame> stack_;
  absl::flat_hash_map<const Value*, Cost> finished_;
};

absl::Status CheckCost(const Cost& cost, const ReadLimits& limits) {
  if (cost.steps > limits.paths) {
    return absl::ResourceExhaustedError(absl::StrCat("listing its tensors takes more than ", limits.paths, " steps"));
  }
  if (cost.name_bytes > limits.pickle_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat("the names of its tensors together take more than ", limits.pickle_bytes, " bytes"));
  }
  return absl::OkStatus();
}

// Lists the leaves; the cost was checked.
absl::StatusOr<std::vector<Leaf>> Collect(const Value& root, const CostFinder& costs) {
  std::vector<Leaf> leaves;
  if (IsLeaf(root)) leaves.push_back({.path = "", .value = &root});
  std::vector<Frame> stack = {{.value = &root}};
  std::string path;
  while (!stack.empty()) {
    Frame& frame = stack.back();
    if (frame.next == MemberCount(*frame.value)) {
      stack.pop_back();
      continue;
    }
    const size_t index = frame.next++;
    const Value& member = Member(*frame.value, index);
    if (costs.Of(member).leaves == 0) continue;
    path.resize(frame.path_size);
    const std::optional<std::string> name = MemberName(*frame.value, index);
    if (!name.has_value()) {
      const Value& key = *frame.value->As<Dict>()->items[index].first;
      return absl::UnimplementedError(absl::StrCat("tensors in \"", path, "\" stand under a key that has no plain name: ", Describe(key)));
    }
    absl::StrAppend(&path, stack.size() == 1 ? "" : ".", *name);
    if (IsLeaf(member)) {
      leaves.push_back({.path = path, .value = &member});
    } else {
      stack.push_back({.value = &member, .path_size = path.size()});
    }
  }
  return leaves;
}

}  // namespace

absl::StatusOr<std::vector<Leaf>> Flatten(const Value& root, const ReadLimits& limits) {
  const CostFinder costs(root);
  if (absl::Status status = CheckCost(costs.Of(root), limits); !status.ok()) return status;
  absl::StatusOr<std::vector<Leaf>> leaves = Collect(root, costs);
  // A state dict may be empty. Anything else that holds no tensor was saved as something else.
  if (!leaves.ok() || !leaves->empty() || root.As<Dict>() != nullptr) return leaves;
  return absl::FailedPreconditionError(absl::StrCat("it is no checkpoint: its root is ", Describe(root), ", without a tensor"));
}

}  // namespace weighbridge::pickle
