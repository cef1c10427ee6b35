#include "formats/pickle/arena.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"

namespace weighbridge::pickle {
namespace {

constexpr int64_t kPointer = sizeof(void*);
// What an item takes in a vector that grows, the old one and the new one together; and the key of a dict in a set, beside its text.
constexpr int64_t kGrowth = 3;
constexpr int64_t kKeyMemory = 64;

// Of the text that tells a key from others: a key that is a tuple of shared tuples would need exponentially much.
constexpr size_t kIdentityLimit = size_t{128} << 10;

}  // namespace

Arena::Arena(const ByteSource& source, const ReadLimits& limits) : source_(source), limits_(limits) {
  none_ = &document_.values.emplace_back(Value{.data = None()});
  true_ = &document_.values.emplace_back(Value{.data = true});
  false_ = &document_.values.emplace_back(Value{.data = false});
}

Value* Arena::NewInt(int64_t value) {
  if (value < 0 || value >= static_cast<int64_t>(small_ints_.size())) return New(value);
  Value*& shared = small_ints_[value];
  if (shared == nullptr) shared = &document_.values.emplace_back(Value{.data = value});
  return shared;
}

absl::Status Arena::CheckFinished(const Value& value) const {
  if (!value.unfinished) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(value.As<Array>() != nullptr ? "a numpy array" : Describe(value), " is used without the BUILD that fills it"));
}

absl::Status Arena::Hold(Value* parent, Value* item) {
  RETURN_IF_ERROR(CheckFinished(*item));
  if (parent->held || parent == item) {
    return absl::DataLossError(
        absl::StrCat(Describe(*parent), " is changed after it was put into another value, or holds itself; cycles are not read"));
  }
  parent->holds_tensors |= item->holds_tensors;
  parent->depth = std::max(parent->depth, item->depth + 1);
  if (parent->depth > limits_.nesting) {
    return absl::ResourceExhaustedError(absl::StrCat("values are nested deeper than the limit of ", limits_.nesting));
  }
  item->held = true;
  if (item->As<Dict>() != nullptr) keys_.erase(item);
  return absl::OkStatus();
}

absl::Status Arena::Append(Value* parent, List& list, Value* item) {
  RETURN_IF_ERROR(Hold(parent, item));
  list.items.push_back(item);
  memory_ += kGrowth * kPointer + (list.items.size() == 1 ? kBlock : 0);
  return absl::OkStatus();
}

absl::Status Arena::Append(Value* parent, Tuple& tuple, Value* item) {
  RETURN_IF_ERROR(Hold(parent, item));
  // Tuples do not grow: their vector has its size from the start.
  tuple.items.push_back(item);
  memory_ += kPointer + (tuple.items.size() == 1 ? kBlock : 0);
  return absl::OkStatus();
}

absl::Status Arena::SetItem(Value* parent, Dict& dict, Value* key, Value* item) {
  std::string identity;
  RETURN_IF_ERROR(AppendIdentity(*key, identity));
  RETURN_IF_ERROR(Hold(parent, key));
  RETURN_IF_ERROR(Hold(parent, item));
  memory_ += kGrowth * static_cast<int64_t>(sizeof(dict.items[0])) + kKeyMemory + static_cast<int64_t>(identity.size());
  if (!keys_[parent].insert(std::move(identity)).second) {
    return absl::DataLossError(absl::StrCat("a dict has the same key twice: ", Describe(*key)));
  }
  dict.items.emplace_back(key, item);
  return absl::OkStatus();
}

absl::Status Arena::SetMetadata(Value* parent, Dict& dict, Value* metadata) {
  RETURN_IF_ERROR(Hold(parent, metadata));
  dict.metadata = metadata;
  return absl::OkStatus();
}

// What has elements itself may be given attributes at any time: whether it holds tensors is known.
absl::Status Arena::KeepAside(Value* parent, Aside::Place place, Value* item) {
  RETURN_IF_ERROR(parent->holds_tensors ? CheckFinished(*item) : Hold(parent, item));
  item->held = true;
  if (!item->holds_tensors) return absl::OkStatus();
  document_.asides.push_back({.owner = parent, .item = item, .place = place});
  memory_ += kGrowth * static_cast<int64_t>(sizeof(Aside));
  return absl::OkStatus();
}

const Attributes& Arena::AttributesOf(const Value& state) {
  const auto [found, is_new] = attributes_.try_emplace(&state);
  if (is_new) {
    found->second = ReadAttributes(*state.As<Dict>());
    memory_ += kKeyMemory + static_cast<int64_t>(sizeof(Attributes));
    AddWork(static_cast<int64_t>(state.As<Dict>()->items.size()));
  }
  return found->second;
}

// The recursion is bounded by the depth of the key, which is within the limit on nesting like that of every value.
absl::Status Arena::AppendIdentity(const Value& key, std::string& text) const {
  const auto append_integral = [&text](int64_t value) { absl::StrAppend(&text, "i", value, ","); };
  if (const Text* value = key.As<Text>()) {
    absl::StrAppend(&text, "t", value->utf8.size(), ",", value->utf8);
  } else if (const int64_t* value = key.As<int64_t>()) {
    append_integral(*value);
  } else if (const bool* value = key.As<bool>()) {
    append_integral(*value ? 1 : 0);
  } else if (const BigInt* value = key.As<BigInt>()) {
    absl::StrAppend(&text, "I", value->bytes.size(), ",", value->bytes);
  } else if (const double* value = key.As<double>()) {
    if (*value == std::trunc(*value) && std::abs(*value) < 0x1p63) {
      append_integral(static_cast<int64_t>(*value));
    } else {
      absl::StrAppend(&text, "f", std::bit_cast<uint64_t>(*value), ",");
    }
  } else if (key.As<None>() != nullptr) {
    absl::StrAppend(&text, "n");
  } else if (const Bytes* value = key.As<Bytes>()) {
    if (value->size > static_cast<int64_t>(kIdentityLimit)) return absl::ResourceExhaustedError("a key of a dict is too long");
    std::string bytes(value->size, '\0');
    RETURN_IF_ERROR(source_.ReadAt(value->offset, absl::MakeSpan(bytes)));
    absl::StrAppend(&text, value->latin1 ? "l" : "b", bytes.size(), ",", bytes);
  } else if (const Tuple* tuple = key.As<Tuple>()) {
    absl::StrAppend(&text, "(");
    for (const Value* item : tuple->items) {
      RETURN_IF_ERROR(AppendIdentity(*item, text));
    }
    absl::StrAppend(&text, ")");
  } else {
    return absl::UnimplementedError(absl::StrCat(Describe(key), " is the key of a dict"));
  }
  if (text.size() > kIdentityLimit) return absl::ResourceExhaustedError("a key of a dict is too long");
  return absl::OkStatus();
}

void Arena::NoteGlobal(absl::string_view module, absl::string_view name, bool allowed, int64_t offset) {
  const auto [found, is_new] = globals_.try_emplace(std::pair(std::string(module), std::string(name)), document_.globals.size());
  if (is_new) {
    document_.globals.push_back({std::string(module), std::string(name), allowed, 0, offset});
    memory_ += kGrowth * static_cast<int64_t>(sizeof(NamedGlobal)) + 2 * static_cast<int64_t>(module.size() + name.size()) + kKeyMemory;
  }
  ++document_.globals[found->second].count;
}

Document Arena::Finish(Value* root) {
  document_.root = root;
  return std::move(document_);
}

}  // namespace weighbridge::pickle
