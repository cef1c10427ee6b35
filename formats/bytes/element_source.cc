#include "formats/bytes/element_source.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {
namespace {

constexpr int64_t kMaxWidth = 16;

// A source whose elements, of `width` bytes each, are decoded one by one: reads are widened to whole elements.
class ElementSource : public ByteSource {
 public:
  ElementSource(std::string name, ByteSourcePtr encoded, int64_t width)
      : ByteSource(std::move(name), encoded->size()), encoded_(std::move(encoded)), width_(width) {}

  absl::Status CheckUnchanged() const override { return encoded_->CheckUnchanged(); }

 protected:
  int64_t width() const { return width_; }

 private:
  // Decodes whole elements in place, the first of which is element `first_index` of the source.
  virtual void Decode(int64_t first_index, absl::Span<char> elements) const = 0;

  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    // The whole elements in the middle are decoded where they are wanted; of those at the ends only a part is.
    while (!buffer.empty()) {
      const int64_t skip = offset % width_;
      const int64_t whole = static_cast<int64_t>(buffer.size()) / width_ * width_;
      if (skip == 0 && whole > 0) {
        const absl::Span<char> middle = buffer.first(whole);
        RETURN_IF_ERROR(encoded_->ReadAt(offset, middle));
        Decode(offset / width_, middle);
        offset += whole;
        buffer.remove_prefix(whole);
        continue;
      }
      std::array<char, kMaxWidth> bytes;
      const absl::Span<char> element(bytes.data(), width_);
      RETURN_IF_ERROR(encoded_->ReadAt(offset - skip, element));
      Decode(offset / width_, element);
      const int64_t count = std::min<int64_t>(width_ - skip, buffer.size());
      std::copy_n(element.data() + skip, count, buffer.data());
      offset += count;
      buffer.remove_prefix(count);
    }
    return absl::OkStatus();
  }

  ByteSourcePtr encoded_;
  int64_t width_;
};

class SwappedSource final : public ElementSource {
 public:
  using ElementSource::ElementSource;

 private:
  void Decode(int64_t, absl::Span<char> elements) const override {
    for (auto element = elements.begin(); element != elements.end(); element += width()) std::reverse(element, element + width());
  }
};

class NegatedSource final : public ElementSource {
 public:
  NegatedSource(std::string name, ByteSourcePtr encoded, int64_t width, int64_t period, int64_t first)
      : ElementSource(std::move(name), std::move(encoded), width), period_(period), first_(first) {}

 private:
  void Decode(int64_t first_index, absl::Span<char> elements) const override {
    int64_t index = first_index;
    for (auto element = elements.begin(); element != elements.end(); element += width(), ++index) {
      if (index % period_ >= first_) element[width() - 1] ^= '\x80';
    }
  }

  int64_t period_;
  int64_t first_;
};

// The encoded bytes alone, checked to be whole elements.
absl::StatusOr<ByteSourcePtr> Elements(const std::string& name, ByteSourcePtr source, int64_t offset, int64_t size, int64_t width) {
  assert(1 <= width && width <= kMaxWidth);
  if (size % width != 0) return absl::DataLossError(absl::StrCat("reading ", name, ": ", size, " bytes are no multiple of ", width));
  return MakeSliceSource(name, std::move(source), offset, size);
}

}  // namespace

absl::StatusOr<ByteSourcePtr> MakeSwappedSource(std::string name, ByteSourcePtr source, int64_t offset, int64_t size, int64_t width) {
  ASSIGN_OR_RETURN(ByteSourcePtr elements, Elements(name, std::move(source), offset, size, width));
  return std::make_shared<SwappedSource>(std::move(name), std::move(elements), width);
}

absl::StatusOr<ByteSourcePtr> MakeNegatedSource(std::string name, ByteSourcePtr source, int64_t offset, int64_t size, int64_t width,
                                                int64_t period, int64_t first) {
  ASSIGN_OR_RETURN(ByteSourcePtr elements, Elements(name, std::move(source), offset, size, width));
  return std::make_shared<NegatedSource>(std::move(name), std::move(elements), width, period, first);
}

}  // namespace weighbridge
