#include "verify/content_root.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/manifest.pb.h"
#include "verify/digest.h"

namespace weighbridge {
namespace {

std::string Sha256Of(absl::string_view bytes) {
  Sha256 sha256;
  sha256.Update(bytes);
  return sha256.Finish();
}

void AppendNumber(uint64_t value, std::string& bytes) {
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

std::string Leaf(const OutputTensor& tensor) {
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
std::string Root(absl::Span<const std::string> leaves) {
  if (leaves.empty()) return Sha256Of("");
  if (leaves.size() == 1) return leaves[0];
  const size_t left = std::bit_floor(leaves.size() - 1);
  return Sha256Of(absl::StrCat("\1", Root(leaves.subspan(0, left)), Root(leaves.subspan(left))));
}

}  // namespace

std::string ContentRoot(const Output& output) {
  std::vector<std::pair<std::string, std::string>> named;
  for (const OutputTensor& tensor : output.tensors()) {
    if (!tensor.content_sha256().empty()) named.emplace_back(tensor.name(), Leaf(tensor));
  }
  std::sort(named.begin(), named.end());
  std::vector<std::string> leaves;
  for (auto& [name, leaf] : named) leaves.push_back(std::move(leaf));
  return Root(leaves);
}

}  // namespace weighbridge
