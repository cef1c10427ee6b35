#include "verify/manifest/content_root.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "proto/manifest.pb.h"
#include "verify/digest/digest.h"

namespace weighbridge {
namespace {

void AppendNumber(uint64_t value, std::string& bytes) {
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

absl::StatusOr<std::string> Leaf(const OutputTensor& tensor) {
  std::string bytes(1, '\0');
  for (const std::string* text : {&tensor.name(), &tensor.dtype()}) {
    AppendNumber(text->size(), bytes);
    bytes += *text;
  }
  AppendNumber(static_cast<uint64_t>(tensor.shape_size()), bytes);
  for (int64_t extent : tensor.shape()) AppendNumber(static_cast<uint64_t>(extent), bytes);
  return Sha256Of(bytes + tensor.content_sha256());
}

// RFC 6962, 2.1: the left part is the greatest power of two that is less than all.
absl::StatusOr<std::string> Root(absl::Span<const OutputTensor* const> tensors) {
  if (tensors.empty()) return Sha256Of("");
  if (tensors.size() == 1) return Leaf(*tensors[0]);
  const size_t count = std::bit_floor(tensors.size() - 1);
  ASSIGN_OR_RETURN(const std::string left, Root(tensors.subspan(0, count)));
  ASSIGN_OR_RETURN(const std::string right, Root(tensors.subspan(count)));
  return Sha256Of(absl::StrCat("\1", left, right));
}

}  // namespace

absl::StatusOr<std::string> ContentRoot(const Output& output) {
  std::vector<const OutputTensor*> tensors;
  for (const OutputTensor& tensor : output.tensors()) {
    if (!tensor.content_sha256().empty()) tensors.push_back(&tensor);
  }
  std::stable_sort(tensors.begin(), tensors.end(), [](const OutputTensor* a, const OutputTensor* b) { return a->name() < b->name(); });
  return Root(tensors);
}

}  // namespace weighbridge
