#include "formats/paddle/restore_bfloat16.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge::paddle {
namespace {

// The element type that config.json states, in whatever way; "" when it states none.
std::string StatedDType(const Facts& facts) {
  for (const char* key : {"dtype", "torch_dtype"}) {
    const auto fact = facts.find(key);
    if (fact == facts.end()) continue;
    const std::string* name = std::get_if<std::string>(&fact->second);
    return name == nullptr ? "?" : *name;
  }
  return "";
}

bool IsBfloat16(const Checkpoint& checkpoint) {
  const bool is_paddlenlp = checkpoint.facts.contains("paddlenlp_version");
  const auto format = checkpoint.metadata.find("format");
  const bool is_numpy = format != checkpoint.metadata.end() && (format->second == "np" || format->second == "paddle");
  const std::string dtype = StatedDType(checkpoint.facts);
  return dtype.empty() ? is_paddlenlp : dtype == "bfloat16" && (is_paddlenlp || is_numpy);
}

// Also in shards, of which `format` says no more than that there is an index: no other container keeps no order.
bool IsSafetensors(const Checkpoint& checkpoint) {
  return !checkpoint.is_ordered;
}

}  // namespace

absl::Status RestoreBfloat16(Checkpoint& checkpoint) {
  if (!IsSafetensors(checkpoint) || !IsBfloat16(checkpoint)) return absl::OkStatus();
  int64_t count = 0;
  for (size_t row = 0; row < checkpoint.tensors().size(); ++row) {
    const StoredTensor& tensor = checkpoint.tensors()[row].tensor;
    if (tensor.spec().dtype != DType::kUint16) continue;
    const std::vector<int64_t> strides(tensor.strides().begin(), tensor.strides().end());
    absl::StatusOr<StoredTensor> restored =
        StoredTensor::Create({.dtype = DType::kBfloat16, .shape = tensor.spec().shape}, tensor.source(), tensor.offset(), strides);
    if (!restored.ok()) return restored.status();
    checkpoint.Replace(row, *std::move(restored));
    ++count;
  }
  if (count > 0) {
    checkpoint.remarks.push_back(
        absl::StrCat(count, count == 1 ? " tensor stored as U16 is" : " tensors stored as U16 are",
                     " read as bfloat16, which PaddleNLP stores so: config.json says that it is bfloat16, or PaddleNLP's"));
  }
  return absl::OkStatus();
}

}  // namespace weighbridge::paddle
