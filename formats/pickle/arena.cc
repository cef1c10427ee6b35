#include "formats/pickle/arena.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace weighbridge::pickle {
namespace {

// A tensor takes about a dozen values, each of them an item of something, so both are far above every real checkpoint; they bound the
// memory that a small program can take.
constexpr int64_t kValueLimit = 2'000'000;
constexpr int64_t kItemLimit = 4'000'000;

// Of the text that tells a key from others: a key that is a tuple of shared tuples would need exponentially much.
constexpr size_t kIdentityLimit = size_t{128} << 10;

}  // namespace

Arena::Arena(const ByteSource& source, const ReadLimits& limits) : source_(source), limits_(limits) {
  none_ = &document_.values.emplace_back(Value{.data = None()});
  true_ = &document_.values.emplace_back(Value{.data = true});
  false_ = &document_.values.emplace_back(Value{.data = false});
}

absl::Status Arena::CountValue() const {
  if (static_cast<int64_t>(document_.values.size()) < kValueLimit) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("the pickle makes more than ", kValueLimit, " values"));
}

absl::StatusOr<Value*> Arena::NewInt(int64_t value) {
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
  if (++items_ > kItemLimit)
    return absl::ResourceExhaustedError(absl::StrCat("the pickle puts more than ", kItemLimit, " values into others"));
  if (absl::Status status = CheckFinished(*item); !status.ok()) return status;
  if (parent->held || parent == item) {
    return absl::DataLossError(
        absl::StrCat(Describe(*parent), " is changed after it was put into another value, or holds itself; cycles are not read"));
  }
  parent->depth = std::max(parent->depth, item->depth + 1);
  if (parent->depth > limits_.nesting) {
    return absl::ResourceExhaustedError(absl::StrCat("values are nested deeper than the limit of ", limits_.nesting));
  }
  item->held = true;
  if (item->As<Dict>() != nullptr) keys_.erase(item);
  return absl::OkStatus();
}

absl::Status Arena::Append(Value* parent, List& list, Value* item) {
  if (absl::Status status = Hold(parent, item); !status.ok()) return status;
  list.items.push_back(item);
  return absl::OkStatus();
}

absl::Status Arena::Append(Value* parent, Tuple& tuple, Value* item) {
  if (absl::Status status = Hold(parent, item); !status.ok()) return status;
  tuple.items.push_back(item);
  return absl::OkStatus();
}

absl::Status Arena::SetItem(Value* parent, Dict& dict, Value* key, Value* item) {
  std::string identity;
  if (absl::Status status = AppendIdentity(*key, identity); !status.ok()) return status;
  if (absl::Status status = Hold(parent, key); !status.ok()) return status;
  if (absl::Status status = Hold(parent, item); !status.ok()) return status;
  if (!keys_[parent].insert(std::move(identity)).second) {
    return absl::DataLossError(absl::StrCat("a dict has the same key twice: ", Describe(*key)));
  }
  dict.items.emplace_back(key, item);
  return absl::OkStatus();
}

absl::Status Arena::SetMetadata(Value* parent, Dict& dict, Value* metadata) {
  if (absl::Status status = Hold(parent, metadata); !status.ok()) return status;
  dict.metadata = metadata;
  return absl::OkStatus();
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
    if (absl::Status status = source_.ReadAt(value->offset, absl::MakeSpan(bytes)); !status.ok()) return status;
    absl::StrAppend(&text, value->latin1 ? "l" : "b", bytes.size(), ",", bytes);
  } else if (const Tuple* tuple = key.As<Tuple>()) {
    absl::StrAppend(&text, "(");
    for (const Value* item : tuple->items) {
      if (absl::Status status = AppendIdentity(*item, text); !status.ok()) return status;
    }
    absl::StrAppend(&text, ")");
  } else {
    return absl::UnimplementedError(absl::StrCat(Describe(key), " is the key of a dict"));
  }
  if (text.size() > kIdentityLimit) return absl::ResourceExhaustedError("a key of a dict is too long");
  return absl::OkStatus();
}

Document Arena::Finish(Value* root) {
  document_.root = root;
  return std::move(document_);
}

}  // namespace weighbridge::pickle
