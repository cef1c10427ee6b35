#include "formats/safetensors/safetensors_layout.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/internal/endian.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/json/quote_json.h"
#include "formats/layout.h"
#include "formats/safetensors/dtype_codes.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

constexpr size_t kMaxHeader = 100'000'000;

absl::Status WithTensor(const LayoutRow& row, const absl::Status& status) {
  return Annotate(status, absl::StrCat("tensor \"", row.name, "\""));
}

absl::StatusOr<std::vector<DTypeCode>> Codes(absl::Span<const LayoutRow> rows) {
  std::vector<DTypeCode> codes;
  for (const LayoutRow& row : rows) {
    ASSIGN_OR_RETURN(DTypeCode code, EncodeDType(row.spec.dtype), WithTensor(row, _));
    codes.push_back(code);
  }
  return codes;
}

// The rows' numbers in the order of the file.
absl::StatusOr<std::vector<size_t>> FileOrder(absl::Span<const LayoutRow> rows, absl::Span<const DTypeCode> codes) {
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return codes[a].rank != codes[b].rank ? codes[a].rank > codes[b].rank : rows[a].name < rows[b].name;
  });
  std::vector<absl::string_view> names;
  for (const LayoutRow& row : rows) names.push_back(row.name);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    return absl::InvalidArgumentError(absl::StrCat("two tensors have the name \"", *twice, "\""));
  }
  if (std::binary_search(names.begin(), names.end(), "__metadata__")) {
    return absl::InvalidArgumentError("safetensors cannot hold a tensor of the name \"__metadata__\"");
  }
  return order;
}

// Places the slots one after the other, the first at 0. Returns the size of the data.
absl::StatusOr<int64_t> PlaceSlots(absl::Span<const LayoutRow> rows, absl::Span<const size_t> order, std::vector<Layout::Slot>& slots) {
  slots.resize(rows.size());
  int64_t end = 0;
  for (size_t k : order) {
    ASSIGN_OR_RETURN(int64_t size, ByteSize(rows[k].spec), WithTensor(rows[k], _));
    slots[k] = {.offset = end, .size = size};
    if (__builtin_add_overflow(end, size, &end) || end > INT64_MAX - 2 * static_cast<int64_t>(kMaxHeader)) {
      return WithTensor(rows[k], absl::DataLossError("the file would have more than 2^63 bytes"));
    }
  }
  return end;
}

absl::Status AppendMetadata(const std::map<std::string, std::string>& metadata, std::vector<std::string>& members) {
  std::vector<std::string> pairs;
  for (const auto& [key, value] : metadata) {
    ASSIGN_OR_RETURN(std::string quoted_key, QuoteJson(key));
    ASSIGN_OR_RETURN(std::string quoted_value, QuoteJson(value));
    pairs.push_back(absl::StrCat(quoted_key, ":", quoted_value));
  }
  if (!pairs.empty()) members.push_back(absl::StrCat("\"__metadata__\":{", absl::StrJoin(pairs, ","), "}"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Layout> SafetensorsLayout(absl::Span<const LayoutRow> rows, const std::map<std::string, std::string>& metadata) {
  ASSIGN_OR_RETURN(std::vector<DTypeCode> codes, Codes(rows));
  ASSIGN_OR_RETURN(std::vector<size_t> order, FileOrder(rows, codes));
  Layout layout;
  ASSIGN_OR_RETURN(int64_t data_size, PlaceSlots(rows, order, layout.slots));

  std::vector<std::string> members;
  RETURN_IF_ERROR(AppendMetadata(metadata, members));
  for (size_t k : order) {
    ASSIGN_OR_RETURN(std::string name, QuoteJson(rows[k].name));
    const Layout::Slot& slot = layout.slots[k];
    members.push_back(absl::StrCat(name, ":{\"dtype\":\"", codes[k].code, "\",\"shape\":[", absl::StrJoin(rows[k].spec.shape, ","),
                                   "],\"data_offsets\":[", slot.offset, ",", slot.offset + slot.size, "]}"));
  }
  std::string header = absl::StrCat("{", absl::StrJoin(members, ","), "}");
  header.append((8 - header.size() % 8) % 8, ' ');
  if (header.size() > kMaxHeader) {
    return absl::ResourceExhaustedError(absl::StrCat("the header would have ", header.size(), " bytes; safetensors allows ", kMaxHeader));
  }
  std::string beginning(8, '\0');
  absl::little_endian::Store64(beginning.data(), header.size());
  beginning += header;

  const int64_t data_begin = static_cast<int64_t>(beginning.size());
  for (Layout::Slot& slot : layout.slots) slot.offset += data_begin;
  layout.size = data_begin + data_size;
  layout.literals.push_back({.offset = 0, .bytes = std::move(beginning)});
  return layout;
}

}  // namespace weighbridge
