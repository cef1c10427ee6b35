#include "formats/pickle/flatten.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/pickle/budget.h"
#include "formats/pickle/text.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"

namespace weighbridge::pickle {
namespace {

bool IsContainer(const Value& value) {
  return value.As<Dict>() || value.As<List>() || value.As<Tuple>() || value.As<Set>();
}

bool IsPair(const Value& value) {
  const Tuple* tuple = value.As<Tuple>();
  return tuple != nullptr && tuple->items.size() == 2 && ArrayOf(tuple->items[1]) != nullptr && !IsLeaf(*tuple->items[0]) &&
         !IsContainer(*tuple->items[0]);
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

// What listing what is below a value would cost: its leaves and the places aside. All zero when it holds nothing.
struct Cost {
  int64_t listed = 0;
  int64_t steps = 0;
  int64_t name_bytes = 0;  // Of the paths from this value on, together.
};

// A container on the way from the root to where the walk stands.
struct Frame {
  const Value* value;
  size_t next = 0;       // The member to visit next.
  size_t path_size = 0;  // Of the container's own path.
};

// The walk from the root. First it finds the cost of every container, each walked once, so that shared ones cannot make this long; then it
// lists. The machine lets no value hold itself, so both end.
class Lister {
 public:
  Lister(const Document& document, Pairs pairs) : pairs_(pairs) {
    for (const Aside& aside : document.asides) asides_.try_emplace(aside.owner, &aside);
  }

  absl::StatusOr<Leaves> List(const Document& document, const Value& root, const ReadLimits& limits) {
    FindCosts(root);
    const Cost cost = CostOf(root);
    RETURN_IF_ERROR(Check(cost, document, limits));
    NoteAside(*document.root, "");
    RETURN_IF_ERROR(Collect(root));
    if (unnamed_ > 0) found_.unlisted.push_back(absl::StrCat(unnamed_, " more places hold tensors that are not listed"));
    found_.work = WorkOf(cost);
    return std::move(found_);
  }

 private:
  bool IsEnd(const Value& value) const { return IsLeaf(value) || (pairs_ == Pairs::kAreLeaves && IsPair(value)); }
  bool HasMembers(const Value& value) const { return value.holds_tensors && !IsEnd(value) && MemberCount(value) > 0; }

  Cost CostOf(const Value& value) const {
    if (IsEnd(value)) return {.listed = 1, .steps = 1};
    const auto found = costs_.find(&value);
    if (found != costs_.end()) return found->second;
    return asides_.contains(&value) ? Cost{.listed = 1, .steps = 1} : Cost();
  }

  void FindCosts(const Value& root) {
    std::vector<Frame> stack;
    if (HasMembers(root)) stack.push_back({.value = &root});
    while (!stack.empty()) {
      Frame& frame = stack.back();
      if (frame.next < MemberCount(*frame.value)) {
        const Value& member = Member(*frame.value, frame.next++);
        if (HasMembers(member) && !costs_.contains(&member)) stack.push_back({.value = &member});
        continue;
      }
      const Value& value = *frame.value;
      stack.pop_back();
      costs_.emplace(&value, CostOfMembers(value));
    }
  }

  Cost CostOfMembers(const Value& value) {
    Cost cost;
    if (asides_.contains(&value)) cost.listed = 1;
    for (size_t i = 0; i < MemberCount(value); ++i) {
      const Cost member = CostOf(Member(value, i));
      if (member.steps == 0) continue;
      const std::optional<std::string> name = MemberName(value, i);
      const int64_t name_size = name.has_value() ? static_cast<int64_t>(name->size()) + 1 : 1;
      cost.listed = SaturatingAdd(cost.listed, member.listed);
      cost.steps = SaturatingAdd(cost.steps, member.steps);
      cost.name_bytes = SaturatingAdd(cost.name_bytes, SaturatingAdd(member.name_bytes, SaturatingMultiply(member.listed, name_size)));
    }
    looked_at_ += static_cast<int64_t>(MemberCount(value));
    if (cost.listed > 0) cost.steps = SaturatingAdd(cost.steps, static_cast<int64_t>(MemberCount(value)));
    return cost;
  }

  int64_t WorkOf(const Cost& cost) const { return SaturatingAdd(looked_at_, SaturatingAdd(cost.steps, cost.name_bytes / kTextStep)); }

  absl::Status Check(const Cost& cost, const Document& document, const ReadLimits& limits) const {
    if (cost.steps > limits.paths) {
      return absl::ResourceExhaustedError(absl::StrCat("listing its tensors takes more than ", limits.paths, " steps"));
    }
    const int64_t memory = SaturatingAdd(SaturatingMultiply(cost.listed, kListed), cost.name_bytes);
    if (const int64_t limit = MemoryLimit(limits, document.program); memory > limit) {
      return absl::ResourceExhaustedError(
          absl::StrCat("its ", cost.listed, " tensors and their names take more than the limit of ", limit, " bytes of memory"));
    }
    return CheckWork(SaturatingAdd(document.work, WorkOf(cost)), limits, document.program);
  }

  absl::Status Collect(const Value& root) {
    if (IsEnd(root)) found_.leaves.push_back({.path = "", .value = &root});
    std::vector<Frame> stack;
    if (HasMembers(root)) stack.push_back({.value = &root});
    std::string path;
    while (!stack.empty()) {
      Frame& frame = stack.back();
      if (frame.next == MemberCount(*frame.value)) {
        stack.pop_back();
        continue;
      }
      const size_t index = frame.next++;
      const Value& member = Member(*frame.value, index);
      if (CostOf(member).steps == 0) continue;
      path.resize(frame.path_size);
      const std::optional<std::string> name = MemberName(*frame.value, index);
      if (!name.has_value()) {
        const Value& key = *frame.value->As<Dict>()->items[index].first;
        return absl::UnimplementedError(
            absl::StrCat("tensors in ", Quote(path), " stand under a key that has no plain name: ", Describe(key)));
      }
      absl::StrAppend(&path, stack.size() == 1 ? "" : ".", *name);
      NoteAside(member, path);
      if (IsEnd(member)) {
        found_.leaves.push_back({.path = path, .value = &member});
      } else if (HasMembers(member)) {
        stack.push_back({.value = &member, .path_size = path.size()});
      }
    }
    return absl::OkStatus();
  }

  // Tells once of what `value` keeps aside, with the first of its paths.
  void NoteAside(const Value& value, absl::string_view path) {
    const auto aside = asides_.find(&value);
    if (aside == asides_.end() || !told_.insert(&value).second) return;
    if (found_.unlisted.size() == kMostUnlisted) {
      ++unnamed_;
    } else {
      found_.unlisted.push_back(Sentence(*aside->second, path));
    }
  }

  static std::string Sentence(const Aside& aside, absl::string_view path) {
    const std::string place = path.empty() ? "the root" : Quote(path);
    if (aside.place == Aside::Place::kSet) return absl::StrCat("the set at ", place, " holds tensors, which are not listed");
    if (aside.place == Aside::Place::kHooks) return absl::StrCat("the hooks of ", place, " hold tensors, which are not listed");
    for (const auto& [key, value] : aside.item->As<Dict>()->items) {
      const Text* name = key->As<Text>();
      if (value->holds_tensors && name != nullptr) {
        return absl::StrCat("the attribute ", Quote(name->utf8), " of ", place, " holds tensors, which are not listed");
      }
    }
    return absl::StrCat("attributes of ", place, " hold tensors, which are not listed");
  }

  // Of memory, for a leaf with its tensor in a table.
  static constexpr int64_t kListed = 512;
  static constexpr size_t kMostUnlisted = 10;

  const Pairs pairs_;
  absl::flat_hash_map<const Value*, const Aside*> asides_;  // The first of each owner.
  absl::flat_hash_set<const Value*> told_;
  absl::flat_hash_map<const Value*, Cost> costs_;
  int64_t looked_at_ = 0;  // Members of all containers, each container once.
  Leaves found_;
  int64_t unnamed_ = 0;
};

}  // namespace

absl::StatusOr<Leaves> Flatten(const Document& document, const Value& root, Pairs pairs, const ReadLimits& limits) {
  absl::StatusOr<Leaves> found = Lister(document, pairs).List(document, root, limits);
  // A state dict may be empty, and who lets opaque objects pass has a remark about one. Anything else that holds no tensor was saved as
  // something else.
  const bool is_opaque = limits.opaque_objects && root.As<Inert>() != nullptr;
  if (!found.ok() || !found->leaves.empty() || !found->unlisted.empty() || root.As<Dict>() != nullptr || is_opaque) return found;
  return absl::FailedPreconditionError(absl::StrCat("it is not a checkpoint: its root is ", Describe(root), ", without a tensor"));
}

const Array* ArrayOf(const Value* value) {
  if (value == nullptr) return nullptr;
  if (const Array* array = value->As<Array>()) return array;
  if (const StaticArray* static_array = value->As<StaticArray>()) return static_array->array;
  return nullptr;
}

}  // namespace weighbridge::pickle
