#ifndef WEIGHBRIDGE_FORMATS_TORCH_ZIP_LAYOUT_H_
#define WEIGHBRIDGE_FORMATS_TORCH_ZIP_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "formats/layout.h"

namespace weighbridge {

// Lays out a zip archive as PyTorch 1.12 writes it (caffe2/serialize/inline_container.cc over miniz 2.1.0): members stored as they are,
// each aligned to 64 bytes by an extra field "FB", local headers without sizes and checksum, which follow in a data descriptor, no times,
// and ZIP64 end records always. A member of 2^32 - 1 bytes or more, or at such an offset, has a ZIP64 extra field and a ZIP64 descriptor.
// Not thread-safe.
class ZipLayout {
 public:
  // Appends a member whose bytes are known.
  void AddLiteral(absl::string_view name, absl::string_view bytes);

  // Appends a member of `size` bytes that slot `slot` holds. Where the slot is.
  Layout::Slot AddSlot(absl::string_view name, int64_t size, size_t slot);

  // Appends the central directory and gives the layout, without its slots. Call once, last.
  Layout Finish();

 private:
  struct Member {
    std::string name;
    int64_t offset = 0;  // Of its local header.
    int64_t size = 0;
    uint32_t crc32 = 0;
    std::optional<size_t> slot = std::nullopt;  // That the CRC-32 is of, where it is not known.
  };

  // The parts of a member beside its bytes.
  void WriteLocalHeader(const Member& member);
  void WriteDescriptor(const Member& member);
  void WriteDirectoryEntry(const Member& member);
  void WriteCrc32(const Member& member);
  void WriteEndRecords(int64_t directory_offset);

  void Write(absl::string_view bytes);
  void WriteNumber(uint64_t value, int size);
  void WriteZeros(int size);

  Layout layout_;
  std::vector<Member> members_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_ZIP_LAYOUT_H_
