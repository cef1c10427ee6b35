#include "formats/pickle/place.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/text.h"

namespace weighbridge::pickle {
namespace {

// Whether it begins a value that is still being made: a global that may be called, or an object that waits for its BUILD.
bool IsBegun(const Value& value) {
  if (value.unfinished) return true;
  const TableRow* row = RowOf(value);
  return row != nullptr && !row->kind->is_constant;
}

bool IsContainer(const Value& value) {
  return value.As<Dict>() || value.As<List>() || value.As<Set>();
}

// Whether it may be filled item by item by what stands behind it.
bool IsEmptyContainer(const Value& value) {
  const Dict* dict = value.As<Dict>();
  const List* list = value.As<List>();
  return (dict != nullptr && dict->items.empty()) || (list != nullptr && list->items.empty());
}

// Reads the stack from the bottom, frame by frame: what stands between two marks.
class Reader {
 public:
  Reader(const std::vector<Value*>& stack, const std::vector<size_t>& marks) : stack_(stack), marks_(marks) {}

  std::string Read() {
    constexpr size_t kLevels = 16;
    for (size_t frame = 0; frame <= marks_.size() && !done_ && path_.size() < kLevels; ++frame) {
      const size_t begin = frame == 0 ? 0 : marks_[frame - 1];
      end_ = frame == marks_.size() ? stack_.size() : marks_[frame];
      const Value* owner = begin == 0 ? nullptr : stack_[begin - 1];
      if (frame == 0) {
        ReadChain(0);
      } else if (owner != nullptr && owner->As<Dict>()) {
        ReadItems(begin);
      } else if (owner != nullptr && owner->As<List>()) {
        ReadMembers(begin, owner->As<List>()->items.size());
      } else {
        // Arguments, or a tuple in the making, whose members have no known index.
        done_ = owner != nullptr && IsBegun(*owner);
        is_unknown_ = true;
      }
    }
    return path_.empty() || is_ambiguous_ ? "" : absl::StrCat("\"", absl::StrJoin(path_, "."), "\"");
  }

 private:
  void Stop() { done_ = is_ambiguous_ = true; }

  void AddKey(const Value& key) {
    const Text* text = key.As<Text>();
    if (is_unknown_ || text == nullptr) return Stop();
    if (index_.has_value()) path_.push_back(absl::StrCat(*index_));
    index_.reset();
    path_.push_back(Escape(text->utf8));
  }

  // Keys and values in turn, which go into a dict together.
  void ReadItems(const size_t begin) {
    if (begin == end_) return;
    size_t i = begin;
    while (i + 2 < end_ && !IsBegun(*stack_[i + 1]) && !IsContainer(*stack_[i + 2])) i += 2;
    const bool is_called = i + 3 == end_ && stack_[i + 2]->As<Tuple>() != nullptr;
    if (i + 2 < end_ && IsBegun(*stack_[i + 1]) && !stack_[i + 1]->unfinished && !is_called) return Stop();
    // An empty container before the last key may be a value, or get an item of its own under that key.
    if (i > begin && IsEmptyContainer(*stack_[i - 1])) return Stop();
    AddKey(*stack_[i]);
    ReadChain(i + 1);
  }

  // Values that go into a list together.
  void ReadMembers(size_t i, size_t index) {
    for (; i + 1 < end_; ++i, ++index) {
      if (IsBegun(*stack_[i]) || IsContainer(*stack_[i])) return Stop();
    }
    index_ = index;
    ReadChain(i);
  }

  // Containers in each other, each of which gets the next one as an item of its own.
  void ReadChain(size_t i) {
    while (i < end_ && !done_) {
      if (IsBegun(*stack_[i])) {
        done_ = true;
      } else if (i + 1 == end_) {
        break;
      } else if (stack_[i]->As<Dict>()) {
        AddKey(*stack_[i + 1]);
        i += 2;
      } else if (const List* list = stack_[i]->As<List>()) {
        index_ = list->items.size();
        ++i;
      } else {
        Stop();
      }
    }
  }

  const std::vector<Value*>& stack_;
  const std::vector<size_t>& marks_;
  size_t end_ = 0;  // Of the frame.
  std::vector<std::string> path_;
  std::optional<size_t> index_;  // In a list, told once a key below it is known.
  bool is_unknown_ = false;      // Whether what follows stands at an unknown index.
  bool is_ambiguous_ = false;
  bool done_ = false;
};

}  // namespace

std::string PlaceOf(const std::vector<Value*>& stack, const std::vector<size_t>& marks) {
  return Reader(stack, marks).Read();
}

}  // namespace weighbridge::pickle
