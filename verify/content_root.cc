#include "verify/content_root.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/manifest.pb.h"
#include "verify/digest.h"

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
absl::StatusOr<std::string> Root(absl::Span<const std::string> leaves) {
  if (leaves.empty()) return Sha256Of("");
  if (leaves.size() == 1) return leaves[0];
  const size_t count = std::bit_floor(leaves.size() - 1);
  absl::StatusOr<std::string> left = Root(leaves.subspan(0, count));
  if (!left.ok()) return left;
  absl::StatusOr<std::string> right = Root(leaves.subspan(count));
  if (!right.ok()) return right;
  return Sha256Of(absl::StrCat("\1", *left, *right));
}

}  // namespace

absl::StatusOr<std::string> ContentRoot(const Output& output) {
  std::vector<std::pair<std::string, std::string>> named;
  for (const OutputTensor& tensor : output.tensors()) {
    if (tensor.content_sha256().empty()) continue;
    absl::StatusOr<std::string> leaf = Leaf(tensor);
    if (!leaf.ok()) return leaf;
    named.emplace_back(tensor.name(), *std::move(leaf));
  }
  std::sort(named.begin(), named.end());
  std::vector<std::string> leaves;
  for (auto& [name, leaf] : named) leaves.push_back(std::move(leaf));
  return Root(leaves);
}

}  // namespace weighbridge
