#include "formats/directory/checkpoint_layout.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/check_layout.h"
#include "formats/directory/divide_rows.h"
#include "formats/directory/shard_index.h"
#include "formats/paddle/paddle_layout.h"
#include "formats/safetensors/safetensors_layout.h"
#include "formats/tensor_spec.h"
#include "formats/torch/torch_layout.h"

namespace weighbridge {
namespace {

struct FormatNames {
  WeightsFormat format;
  absl::string_view name;
  absl::string_view file;
};

constexpr FormatNames kFormats[] = {
    {WeightsFormat::kTorch, "torch", "pytorch_model.bin"},
    {WeightsFormat::kSafetensors, "safetensors", "model.safetensors"},
    {WeightsFormat::kPdparams, "pdparams", "model_state.pdparams"},
};

const FormatNames& NamesOf(WeightsFormat format) {
  return *std::find_if(std::begin(kFormats), std::end(kFormats), [&](const FormatNames& names) { return names.format == format; });
}

// "pytorch_model-00001-of-00002.bin", or "pytorch_model.bin" where it is the only file. Shards are numbered from 0 here.
std::string ShardName(WeightsFormat format, size_t shard, size_t count) {
  const absl::string_view file = WeightsFileName(format);
  if (count == 1) return std::string(file);
  const size_t dot = file.rfind('.');
  return absl::StrCat(file.substr(0, dot), "-", absl::Dec(shard + 1, absl::kZeroPad5), "-of-", absl::Dec(count, absl::kZeroPad5),
                      file.substr(dot));
}

// Rows begin, …, end - 1 as a file of their own, in which same_as counts from `begin`.
std::vector<LayoutRow> RowsOfFile(absl::Span<const LayoutRow> rows, size_t begin, size_t end) {
  std::vector<LayoutRow> of_file;
  std::map<size_t, size_t> first_of;  // From the row of `rows` that a tensor is, to the first row of this file that is the tensor.
  for (size_t i = begin; i < end; ++i) {
    size_t tensor = i;
    while (rows[tensor].same_as) tensor = *rows[tensor].same_as;
    const auto [first, is_new] = first_of.emplace(tensor, i - begin);
    of_file.push_back(rows[i]);
    of_file.back().same_as = is_new ? std::nullopt : std::optional<size_t>(first->second);
  }
  return of_file;
}

absl::StatusOr<Layout> LayOutUnchecked(absl::Span<const LayoutRow> rows, const CheckpointLayoutOptions& options, bool is_shard) {
  switch (options.format) {
    case WeightsFormat::kTorch:
      return TorchLayout(rows, is_shard ? std::nullopt : options.module_versions);
    case WeightsFormat::kSafetensors:
      return SafetensorsLayout(rows, options.metadata);
    case WeightsFormat::kPdparams:
      return PaddleLayout(rows);
  }
  return absl::InternalError("no such format");
}

absl::StatusOr<Layout> LayOutFile(absl::Span<const LayoutRow> rows, const CheckpointLayoutOptions& options, bool is_shard) {
  ASSIGN_OR_RETURN(Layout layout, LayOutUnchecked(rows, options, is_shard));
  RETURN_IF_ERROR(CheckLayout(layout));
  return layout;
}

// What may be done where a format has no place for some rows' types: "; safetensors can hold float8_e4m3fn, float8_e8m0fnu".
std::string Advice(absl::Span<const LayoutRow> rows) {
  std::set<DType> dtypes;
  for (const LayoutRow& row : rows) {
    const DType dtype = row.spec.dtype;
    const bool is_float8 = IsFloatingPoint(dtype) && ItemSize(dtype) == 1;
    if (is_float8 || dtype == DType::kUint16 || dtype == DType::kUint32 || dtype == DType::kUint64) dtypes.insert(dtype);
  }
  if (dtypes.empty()) return "";
  return absl::StrCat(
      "; safetensors can hold ", absl::StrJoin(dtypes, ", ", [](std::string* out, DType dtype) { absl::StrAppend(out, DTypeName(dtype)); }),
      !dtypes.contains(DType::kUint16) ? ""
                                       : ". A uint16 of safetensors most likely is a bfloat16 of PaddleNLP: put the model's "
                                         "config.json beside it, with \"dtype\": \"bfloat16\" and its \"paddlenlp_version\"");
}

absl::StatusOr<CheckpointLayout::Index> MakeIndex(absl::Span<const LayoutRow> rows, const Division& division, WeightsFormat format) {
  std::vector<std::pair<std::string, std::string>> weight_map;
  size_t shard = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    while (shard + 1 < division.begins.size() && division.begins[shard + 1] <= i) ++shard;
    weight_map.emplace_back(rows[i].name, ShardName(format, shard, division.begins.size()));
  }
  if (format != WeightsFormat::kPdparams) std::sort(weight_map.begin(), weight_map.end());
  CheckpointLayout::Index index{.name = absl::StrCat(WeightsFileName(format), ".index.json"), .bytes = ""};
  ASSIGN_OR_RETURN(index.bytes, WriteShardIndex(division.total_size, weight_map), Annotate(_, index.name));
  return index;
}

}  // namespace

absl::string_view WeightsFormatName(WeightsFormat format) {
  return NamesOf(format).name;
}

std::optional<WeightsFormat> ParseWeightsFormat(absl::string_view name) {
  for (const FormatNames& names : kFormats) {
    if (names.name == name) return names.format;
  }
  return std::nullopt;
}

absl::string_view WeightsFileName(WeightsFormat format) {
  return NamesOf(format).file;
}

absl::StatusOr<CheckpointLayout> LayOutCheckpoint(absl::Span<const LayoutRow> rows, const CheckpointLayoutOptions& options) {
  Division division{.begins = {0}};
  if (options.max_shard_size) {
    ASSIGN_OR_RETURN(division, DivideRows(rows, *options.max_shard_size, options.format != WeightsFormat::kPdparams));
  }
  const size_t count = division.begins.size();
  CheckpointLayout checkpoint;
  for (size_t shard = 0; shard < count; ++shard) {
    const size_t begin = division.begins[shard];
    const size_t end = shard + 1 < count ? division.begins[shard + 1] : rows.size();
    std::string name = count == 1 && !options.file_name.empty() ? options.file_name : ShardName(options.format, shard, count);
    absl::StatusOr<Layout> layout = LayOutFile(RowsOfFile(rows, begin, end), options, /*is_shard=*/count > 1);
    if (!layout.ok()) {
      return absl::Status(layout.status().code(),
                          absl::StrCat(name, ": ", layout.status().message(), absl::IsUnimplemented(layout.status()) ? Advice(rows) : ""));
    }
    checkpoint.weights.push_back({.name = std::move(name), .first_row = begin, .layout = *std::move(layout)});
  }
  if (count > 1) {
    ASSIGN_OR_RETURN(checkpoint.index, MakeIndex(rows, division, options.format));
  }
  return checkpoint;
}

}  // namespace weighbridge
