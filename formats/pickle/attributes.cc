#include "formats/pickle/attributes.h"

#include <algorithm>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/text.h"

namespace weighbridge::pickle {
namespace {

// Methods of collections.OrderedDict (CPython 3.11).
constexpr absl::string_view kOfDicts[] = {"clear",       "copy", "fromkeys", "get",        "items",  "keys",
                                          "move_to_end", "pop",  "popitem",  "setdefault", "update", "values"};

// What torch.Tensor has a descriptor for (torch 1.0 to 2.15): setting it changes the tensor or fails.
constexpr absl::string_view kOfTensors[] = {
    "H",
    "T",
    "_backward_hooks",
    "_base",
    "_cdata",
    "_grad",
    "_grad_fn",
    "_has_grad_dtype_override",
    "_has_symbolic_sizes_strides",
    "_post_accumulate_grad_hooks",
    "_python_dispatch",
    "_version",
    "data",
    "device",
    "dtype",
    "grad",
    "grad_dtype",
    "grad_fn",
    "imag",
    "is_cpu",
    "is_cuda",
    "is_ipu",
    "is_leaf",
    "is_maia",
    "is_meta",
    "is_mkldnn",
    "is_mps",
    "is_mtia",
    "is_nested",
    "is_quantized",
    "is_sparse",
    "is_sparse_csr",
    "is_vulkan",
    "is_xla",
    "is_xpu",
    "itemsize",
    "layout",
    "mH",
    "mT",
    "name",
    "names",
    "nbytes",
    "ndim",
    "output_nr",
    "real",
    "requires_grad",
    "retains_grad",
    "shape",
    "volatile",
};

template <size_t kCount>
bool IsOneOf(absl::string_view name, const absl::string_view (&names)[kCount]) {
  return absl::StartsWith(name, "__") || std::find(std::begin(names), std::end(names), name) != std::end(names);
}

absl::Status Changes(absl::string_view what, absl::string_view name) {
  return absl::UnimplementedError(
      absl::StrCat("the state of ", what, " sets ", Quote(name), ", which its class gives a meaning of its own"));
}

}  // namespace

Attributes ReadAttributes(const Dict& state) {
  Attributes attributes;
  for (const auto& [key, value] : state.items) {
    const Text* name = key->As<Text>();
    if (name == nullptr) {
      const absl::Status status = absl::DataLossError(absl::StrCat(Describe(*key), " stands in place of an attribute's name"));
      attributes.for_dict.Update(status);
      attributes.for_tensor.Update(status);
      continue;
    }
    if (name->utf8 == "_metadata") attributes.metadata = value;
    if (IsOneOf(name->utf8, kOfDicts)) attributes.for_dict.Update(Changes("an OrderedDict", name->utf8));
    if (IsOneOf(name->utf8, kOfTensors)) attributes.for_tensor.Update(Changes("a tensor", name->utf8));
  }
  return attributes;
}

}  // namespace weighbridge::pickle
