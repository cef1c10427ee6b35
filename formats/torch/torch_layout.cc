#include "formats/torch/torch_layout.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "base/utf8.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"
#include "formats/pickle/text.h"
#include "formats/tensor_spec.h"
#include "formats/torch/state_dict_pickle.h"
#include "formats/torch/zip_layout.h"

namespace weighbridge {
namespace {

// Leaves room in int64 for everything beside the tensors, which is in memory.
constexpr int64_t kMaxTensorBytes = int64_t{1} << 62;

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\"");
}

// Keys of one dict: `what` in the plural.
class KeyCheck {
 public:
  explicit KeyCheck(absl::string_view what) : what_(what) {}

  absl::Status Add(absl::string_view key) {
    if (!IsUtf8(key))
      return absl::InvalidArgumentError(absl::StrCat("among the ", what_, " is one whose name is not UTF-8: ", pickle::Quote(key)));
    if (!keys_.insert(key).second) return absl::InvalidArgumentError(absl::StrCat("two ", what_, " have the name ", Quoted(key)));
    return absl::OkStatus();
  }

 private:
  absl::string_view what_;
  absl::flat_hash_set<absl::string_view> keys_;
};

absl::Status CheckRows(absl::Span<const LayoutRow> rows) {
  KeyCheck names("tensors");
  int64_t bytes = 0;
  for (const LayoutRow& row : rows) {
    RETURN_IF_ERROR(names.Add(row.name));
    if (!StorageType(row.spec.dtype).has_value()) {
      return absl::UnimplementedError(
          absl::StrCat("tensor ", Quoted(row.name), ": PyTorch 1.12 has no storage for ", DTypeName(row.spec.dtype)));
    }
    ASSIGN_OR_RETURN(const int64_t size, ByteSize(row.spec), Annotate(_, absl::StrCat("tensor ", Quoted(row.name))));
    if (size > kMaxTensorBytes - bytes) return absl::DataLossError("the tensors have more than 2^62 bytes");
    bytes += size;
  }
  return absl::OkStatus();
}

absl::Status CheckModules(const std::optional<ModuleVersions>& module_versions) {
  if (!module_versions.has_value()) return absl::OkStatus();
  KeyCheck modules("modules");
  for (const ModuleVersion& module : *module_versions) {
    RETURN_IF_ERROR(modules.Add(module.module));
  }
  return absl::OkStatus();
}

// The storages in the order of first use.
struct Storages {
  std::vector<size_t> of_row;     // The storage of every row, by its number.
  std::vector<size_t> first_row;  // Of every storage.
};

Storages NumberStorages(absl::Span<const LayoutRow> rows) {
  Storages storages;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (const std::optional<size_t> same_as = rows[i].same_as; same_as.has_value()) {
      assert(*same_as < i && rows[*same_as].spec == rows[i].spec);
      storages.of_row.push_back(storages.of_row[*same_as]);
    } else {
      storages.of_row.push_back(storages.first_row.size());
      storages.first_row.push_back(i);
    }
  }
  return storages;
}

// The keys of so many storages, each with its number, in the order of their text.
std::vector<std::pair<std::string, size_t>> SortedKeys(size_t count) {
  std::vector<std::pair<std::string, size_t>> keys;
  keys.reserve(count);
  for (size_t number = 0; number < count; ++number) keys.emplace_back(absl::StrCat(number), number);
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

absl::StatusOr<Layout> TorchLayout(absl::Span<const LayoutRow> rows, const std::optional<ModuleVersions>& module_versions) {
  RETURN_IF_ERROR(CheckRows(rows));
  RETURN_IF_ERROR(CheckModules(module_versions));
  const Storages storages = NumberStorages(rows);

  ZipLayout zip;
  zip.AddLiteral("archive/data.pkl", PickleStateDict(rows, storages.of_row, module_versions));
  std::vector<Layout::Slot> slots(storages.first_row.size());
  for (const auto& [key, storage] : SortedKeys(slots.size())) {
    const size_t row = storages.first_row[storage];
    slots[storage] = zip.AddSlot(absl::StrCat("archive/data/", key), *ByteSize(rows[row].spec), row);
  }
  zip.AddLiteral("archive/version", "3\n");
  Layout layout = zip.Finish();
  layout.slots.reserve(rows.size());
  for (const size_t storage : storages.of_row) layout.slots.push_back(slots[storage]);
  return layout;
}

}  // namespace weighbridge
