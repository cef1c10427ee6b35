#include "formats/pickle/value.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/text.h"

namespace weighbridge::pickle {
namespace {

struct Describer {
  template <typename T>
  std::string operator()(const Box<T>& box) const {
    return (*this)(*box);
  }
  std::string operator()(const None&) const { return "None"; }
  std::string operator()(bool value) const { return value ? "True" : "False"; }
  std::string operator()(int64_t value) const { return absl::StrCat("the integer ", value); }
  std::string operator()(const BigInt& value) const { return absl::StrCat("an integer of ", value.bytes.size(), " bytes"); }
  std::string operator()(double value) const { return absl::StrCat("the float ", value); }
  std::string operator()(const Text& text) const { return absl::StrCat("the text ", Quote(text.utf8)); }
  std::string operator()(const LongText& text) const { return absl::StrCat("a text of ", text.bytes.size, " bytes"); }
  std::string operator()(const Bytes& bytes) const { return absl::StrCat(bytes.size, " bytes at offset ", bytes.offset); }
  std::string operator()(const Tuple& tuple) const { return absl::StrCat("a tuple of ", tuple.items.size()); }
  std::string operator()(const List& list) const { return absl::StrCat("a list of ", list.items.size()); }
  std::string operator()(const Dict& dict) const { return absl::StrCat("a dict of ", dict.items.size()); }
  std::string operator()(const Set&) const { return "a set"; }
  std::string operator()(const Global& global) const { return absl::StrCat("the global ", global.row->module, " ", global.row->name); }
  std::string operator()(const Storage& storage) const { return absl::StrCat("the storage ", Quote(storage.key)); }
  std::string operator()(const Tensor& tensor) const { return tensor.unsupported.empty() ? "a tensor" : tensor.unsupported; }
  std::string operator()(const Reference& reference) const { return absl::StrCat("the persistent id ", Quote(reference.id)); }
  std::string operator()(const ArrayDType& dtype) const { return absl::StrCat("the numpy dtype ", Quote(dtype.text)); }
  std::string operator()(const Array& array) const { return absl::StrCat("a numpy array of shape ", ShapeToString(array.shape)); }
  std::string operator()(const StaticArray&) const { return "a static-mode Paddle tensor"; }
  std::string operator()(const Inert& inert) const { return inert.what; }
};

struct LeafTest {
  template <typename T>
  bool operator()(const Box<T>&) const {
    return kIsLeaf<T>;
  }
  template <typename T>
  bool operator()(const T&) const {
    return kIsLeaf<T>;
  }
};

}  // namespace

const Value* Dict::Find(absl::string_view key) const {
  for (const auto& [item_key, value] : items) {
    if (const Text* text = item_key->As<Text>(); text != nullptr && text->utf8 == key) return value;
  }
  return nullptr;
}

bool IsLeaf(const Value& value) {
  return std::visit(LeafTest{}, value.data);
}

std::string Describe(const Value& value) {
  return std::visit(Describer{}, value.data);
}

std::vector<std::string> OpaqueRemarks(const Document& document) {
  std::vector<std::string> remarks;
  for (const NamedGlobal& global : document.globals) {
    if (global.allowed) continue;
    remarks.push_back(absl::StrCat("objects of ", Escape(global.module), " ", Escape(global.name),
                                   " are passed over, with whatever is in them: it is outside the table of allowed names"));
  }
  return remarks;
}

}  // namespace weighbridge::pickle
