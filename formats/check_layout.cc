#include "formats/check_layout.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/layout.h"

namespace weighbridge {
namespace {

using Part = std::pair<int64_t, int64_t>;  // Offset and end.

Part PartOf(const Layout::Literal& literal) {
  return {literal.offset, literal.offset + static_cast<int64_t>(literal.bytes.size())};
}

// Tied rows have one slot between them; those without bytes may stand anywhere.
std::vector<Part> SlotsOnce(const Layout& layout) {
  std::vector<Part> parts;
  for (const Layout::Slot& slot : layout.slots) {
    if (slot.size != 0) parts.emplace_back(slot.offset, slot.offset + slot.size);
  }
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return parts;
}

absl::Status CheckCovers(std::vector<Part> parts, int64_t size) {
  std::sort(parts.begin(), parts.end());
  int64_t end = 0;
  for (const Part& part : parts) {
    if (part.first != end || part.second < part.first) {
      return absl::InternalError(absl::StrCat("a layout covers [", part.first, ", ", part.second, ") after [0, ", end, ")"));
    }
    end = part.second;
  }
  return end == size ? absl::OkStatus() : absl::InternalError(absl::StrCat("a layout covers ", end, " bytes of ", size));
}

absl::Status CheckChecksum(const Layout& layout, const Layout::Checksum& checksum) {
  constexpr absl::string_view kZeros("\0\0\0\0", 4);
  const auto behind = std::upper_bound(layout.literals.begin(), layout.literals.end(), checksum.offset,
                                       [](int64_t offset, const Layout::Literal& literal) { return offset < literal.offset; });
  const bool is_zero = behind != layout.literals.begin() && checksum.offset < PartOf(*(behind - 1)).second &&
                       absl::string_view((behind - 1)->bytes).substr(checksum.offset - (behind - 1)->offset, kZeros.size()) == kZeros;
  if (checksum.slot < layout.slots.size() && is_zero) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the checksum at ", checksum.offset, " of slot ", checksum.slot, " has no place"));
}

}  // namespace

absl::Status CheckLayout(const Layout& layout) {
  std::vector<Part> parts = SlotsOnce(layout);
  for (const Layout::Literal& literal : layout.literals) parts.push_back(PartOf(literal));
  RETURN_IF_ERROR(CheckCovers(std::move(parts), layout.size));
  const auto is_before = [](const Layout::Literal& a, const Layout::Literal& b) { return a.offset < b.offset; };
  if (!std::is_sorted(layout.literals.begin(), layout.literals.end(), is_before)) {
    return absl::InternalError("the literals of a layout are not in order");
  }
  for (const Layout::Checksum& checksum : layout.checksums) {
    RETURN_IF_ERROR(CheckChecksum(layout, checksum));
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
