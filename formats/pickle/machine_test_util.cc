#include "formats/pickle/machine_test_util.h"

#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/paddle/paddle_dialect.h"
#include "formats/pickle/dialect.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "formats/torch/torch_dialect.h"
#include "gtest/gtest.h"

namespace weighbridge::pickle {
namespace {

struct Shower {
  absl::string_view program;

  std::string Items(const std::vector<const Value*>& items) const {
    return absl::StrJoin(items, ", ", [this](std::string* out, const Value* item) { out->append(Show(*item, program)); });
  }
  std::string DTypeOf(const ArrayDType& dtype) const { return absl::StrCat(dtype.big_endian ? ">" : "", dtype.text); }

  std::string operator()(const None&) const { return "None"; }
  std::string operator()(bool value) const { return value ? "True" : "False"; }
  std::string operator()(int64_t value) const { return absl::StrCat(value); }
  std::string operator()(const BigInt& value) const { return absl::StrCat("0x", absl::BytesToHexString(value.bytes)); }
  std::string operator()(double value) const { return absl::StrCat("float(", value, ")"); }
  std::string operator()(const Text& text) const { return absl::StrCat(text.from_bytes ? "py2" : "", "\"", text.utf8, "\""); }
  std::string operator()(const LongText& text) const { return absl::StrCat(text.from_bytes ? "py2" : "", "text of ", text.bytes.size); }
  std::string operator()(const Bytes& bytes) const {
    if (bytes.size > 100) return absl::StrCat("bytes of ", bytes.size);
    return absl::StrCat(bytes.latin1 ? "latin1" : "b", "\"", absl::CHexEscape(program.substr(bytes.offset, bytes.size)), "\"");
  }
  std::string operator()(const Tuple& tuple) const { return absl::StrCat("(", Items(tuple.items), ")"); }
  std::string operator()(const List& list) const { return absl::StrCat("[", Items(list.items), "]"); }
  std::string operator()(const Dict& dict) const {
    std::vector<std::string> items;
    for (const auto& [key, value] : dict.items) items.push_back(absl::StrCat(Show(*key, program), ": ", Show(*value, program)));
    const std::string metadata = dict.metadata == nullptr ? "" : absl::StrCat(" with ", Show(*dict.metadata, program));
    return absl::StrCat("{", absl::StrJoin(items, ", "), "}", metadata);
  }
  std::string operator()(const Set&) const { return "set"; }
  std::string operator()(const Global& global) const { return absl::StrCat("<", global.row->module, " ", global.row->name, ">"); }
  std::string operator()(const Storage& storage) const {
    std::string view;
    if (storage.view.has_value()) view = absl::StrCat(" view ", storage.view->key, " ", storage.view->offset, "+", storage.view->size);
    return absl::StrCat("storage(", storage.dtype.has_value() ? DTypeName(*storage.dtype) : "untyped", " ", storage.key, " ", storage.numel,
                        view, ")");
  }
  template <typename T>
  std::string operator()(const Box<T>& box) const {
    return (*this)(*box);
  }
  std::string operator()(const Tensor& tensor) const {
    if (!tensor.unsupported.empty()) return absl::StrCat("unsupported: ", tensor.unsupported);
    return absl::StrCat("tensor(", DTypeName(tensor.dtype), " ", (*this)(*tensor.storage), " ", tensor.offset, " ",
                        ShapeToString(tensor.size), " ", ShapeToString(tensor.stride), tensor.conj ? " conj" : "", tensor.neg ? " neg" : "",
                        ")");
  }
  std::string operator()(const Reference& reference) const { return absl::StrCat("reference ", reference.id); }
  std::string operator()(const ArrayDType& dtype) const { return absl::StrCat("dtype(", DTypeOf(dtype), ")"); }
  std::string operator()(const Array& array) const {
    return absl::StrCat("array(", DTypeOf(array.dtype), " ", ShapeToString(array.shape), " ", ShapeToString(array.strides), " ",
                        (*this)(array.data), ")");
  }
  std::string operator()(const StaticArray& array) const { return absl::StrCat("static(", (*this)(*array.array), ")"); }
  std::string operator()(const Inert& inert) const { return absl::StrCat("inert(", inert.what, ")"); }
};

}  // namespace

MachineOptions TorchZip() {
  return TorchZipOptions(ReadLimits());
}

MachineOptions TorchLegacy() {
  return TorchLegacyOptions(ReadLimits());
}

MachineOptions Paddle() {
  return paddle::PickleOptions(ReadLimits());
}

absl::StatusOr<Document> RunProgram(absl::string_view program, const MachineOptions& options) {
  const ByteSourcePtr source = MakeMemorySource("test", std::string(program));
  return RunPickle(*source, 0, source->size(), options);
}

std::string Show(const Value& value, absl::string_view program) {
  return std::visit(Shower{program}, value.data);
}

std::string RunAndShow(absl::string_view program, const MachineOptions& options) {
  const absl::StatusOr<Document> document = RunProgram(program, options);
  return document.ok() ? Show(*document->root, program) : std::string(document.status().ToString());
}

void ExpectRefused(const std::vector<BadCase>& cases) {
  for (const BadCase& bad : cases) {
    const absl::Status status = RunProgram(bad.program, bad.options).status();
    EXPECT_EQ(status.code(), bad.code) << bad.name << ": " << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), "offset ")) << bad.name << ": " << status;
    for (const std::string& word : bad.words) EXPECT_TRUE(absl::StrContains(status.message(), word)) << bad.name << ": " << status;
  }
}

}  // namespace weighbridge::pickle
