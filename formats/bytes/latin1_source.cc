#include "formats/bytes/latin1_source.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"

namespace weighbridge {
namespace {

constexpr int64_t kChunk = int64_t{64} << 10;

// A code point is one byte below 0x80, or 0xc2 or 0xc3 and one continuation byte.
bool IsContinuation(uint8_t byte) {
  return (byte & 0xc0) == 0x80;
}
bool IsLead(uint8_t byte) {
  return (byte & 0xfe) == 0xc2;
}

// What is known after a prefix of the text.
struct Scan {
  int64_t code_points = 0;
  bool after_lead = false;
  bool valid = true;
};

// Without branches on the bytes, which are as random as a model's weights.
void Continue(absl::string_view bytes, Scan& scan) {
  int64_t code_points = 0;
  bool after_lead = scan.after_lead;
  bool valid = true;
  for (const char c : bytes) {
    const uint8_t byte = static_cast<uint8_t>(c);
    const bool continuation = IsContinuation(byte);
    const bool lead = IsLead(byte);
    valid &= (continuation == after_lead) & (continuation | lead | (byte < 0x80));
    code_points += !continuation;
    after_lead = lead;
  }
  scan.code_points += code_points;
  scan.after_lead = after_lead;
  scan.valid &= valid;
}

// The error of the first byte of `bytes`, which stand at `offset`, that does not continue the text that `scan` has seen so far.
absl::Status Damage(int64_t offset, absl::string_view bytes, Scan scan) {
  bool after_lead = scan.after_lead;
  size_t good = 0;
  for (; good < bytes.size(); ++good) {
    Continue(bytes.substr(good, 1), scan);
    if (!scan.valid) break;
    after_lead = scan.after_lead;
  }
  const uint8_t byte = static_cast<uint8_t>(bytes[good]);
  const bool too_high = !after_lead && byte >= 0xc4 && byte <= 0xf4;
  return absl::DataLossError(absl::StrFormat("byte 0x%02x at offset %d of the text %s", byte, offset + static_cast<int64_t>(good),
                                             too_high ? "begins a character above U+00FF" : "is no UTF-8"));
}

// Brings the code points that begin in the first `size` bytes to the front and counts them; one byte more can be read. Without branches
// on the bytes, too.
int64_t DecodeInPlace(char* const bytes, int64_t size) {
  int64_t count = 0;
  uint8_t byte = static_cast<uint8_t>(bytes[0]);
  for (int64_t i = 0; i < size; ++i) {
    const uint8_t next = static_cast<uint8_t>(bytes[i + 1]);
    const unsigned two_bytes = (byte & 0x03u) << 6 | (next & 0x3fu);
    const unsigned is_two = 0u - (byte >> 7);  // All ones or zero.
    // count <= i. What a continuation byte leaves here, the next code point overwrites.
    bytes[count] = static_cast<char>((byte & ~is_two) | (two_bytes & is_two));
    count += !IsContinuation(byte);
    byte = next;
  }
  return count;
}

class Latin1Source final : public ByteSource {
 public:
  // `begins[k]` is the number of code points that begin before byte k · kChunk of `text`; the last entry is the number of all.
  Latin1Source(std::string name, ByteSourcePtr text, std::vector<int64_t> begins)
      : ByteSource(std::move(name), begins.back()), text_(std::move(text)), begins_(std::move(begins)) {}

  absl::Status CheckUnchanged() const override { return text_->CheckUnchanged(); }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    int64_t chunk = std::upper_bound(begins_.begin(), begins_.end(), offset) - begins_.begin() - 1;
    std::vector<char> decoded;
    for (; !buffer.empty(); ++chunk) {
      RETURN_IF_ERROR(Decode(chunk, decoded));
      const int64_t size = std::min<int64_t>(begins_[chunk + 1] - offset, buffer.size());
      std::memcpy(buffer.data(), decoded.data() + (offset - begins_[chunk]), size);
      buffer.remove_prefix(size);
      offset += size;
    }
    return absl::OkStatus();
  }

  // Brings the code points that begin in that chunk of the text to the front of `bytes`.
  absl::Status Decode(int64_t chunk, std::vector<char>& bytes) const {
    const int64_t begin = chunk * kChunk;
    const int64_t size = std::min(kChunk, text_->size() - begin);
    // One byte more, for a code point that begins in this chunk and ends in the next. The last chunk has none; the zero is never used.
    bytes.assign(size + 1, 0);
    const int64_t available = std::min(size + 1, text_->size() - begin);
    RETURN_IF_ERROR(text_->ReadAt(begin, absl::MakeSpan(bytes).first(available)));
    if (DecodeInPlace(bytes.data(), size) != begins_[chunk + 1] - begins_[chunk]) {
      return absl::DataLossError(absl::StrCat(text_->name(), ": the text at offset ", begin, " is no longer what it was"));
    }
    return absl::OkStatus();
  }

  ByteSourcePtr text_;
  std::vector<int64_t> begins_;
};

}  // namespace

absl::StatusOr<ByteSourcePtr> MakeLatin1Source(std::string name, ByteSourcePtr text) {
  std::vector<int64_t> begins = {0};
  std::string bytes;
  Scan scan;
  for (int64_t offset = 0; offset < text->size(); offset += kChunk) {
    bytes.resize(std::min(kChunk, text->size() - offset));
    RETURN_IF_ERROR(text->ReadAt(offset, absl::MakeSpan(bytes)));
    const Scan before = scan;
    Continue(bytes, scan);
    if (!scan.valid) return Damage(offset, bytes, before);
    begins.push_back(scan.code_points);
  }
  if (scan.after_lead) return absl::DataLossError("the text ends within a character");
  return std::make_shared<Latin1Source>(std::move(name), std::move(text), std::move(begins));
}

}  // namespace weighbridge
