#include "formats/torch/zip_layout.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/base/internal/endian.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/layout.h"

namespace weighbridge {
namespace {

constexpr int64_t kAlignment = 64;
// From here on a number is said in the ZIP64 field, and this stands in its place.
constexpr int64_t kMax32 = 0xffffffff;
constexpr int64_t kMax16 = 0xffff;
constexpr int64_t kLocalHeaderSize = 30;

std::string LittleEndian(uint64_t value, int size) {
  char bytes[8];
  absl::little_endian::Store64(bytes, value);
  return std::string(bytes, size);
}

// The ZIP64 extra field of a member: what of its size, stored size and offset is too large for its place; empty when nothing is. In local
// headers miniz writes the offset too, and as stored size what it knows by then, 0.
std::string Zip64Field(int64_t size, int64_t stored_size, int64_t offset) {
  std::string values;
  if (size >= kMax32) absl::StrAppend(&values, LittleEndian(size, 8), LittleEndian(stored_size, 8));
  if (offset >= kMax32) absl::StrAppend(&values, LittleEndian(offset, 8));
  if (values.empty()) return values;
  return absl::StrCat(LittleEndian(1, 2), LittleEndian(values.size(), 2), values);
}

// The extra field that fills up to the next aligned offset when it begins at `offset`.
std::string PaddingField(int64_t offset) {
  const int64_t begin = offset + 4;
  const int64_t size = (kAlignment - begin % kAlignment) % kAlignment;
  return absl::StrCat("FB", LittleEndian(size, 2), std::string(size, 'Z'));
}

// Names are UTF-8; a descriptor follows what has bytes.
uint16_t Flags(int64_t size) {
  return size > 0 ? 0x0808 : 0x0800;
}

}  // namespace

void ZipLayout::AddLiteral(absl::string_view name, absl::string_view bytes) {
  const uint32_t crc32 = crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  members_.push_back({.name = std::string(name), .offset = layout_.size, .size = static_cast<int64_t>(bytes.size()), .crc32 = crc32});
  WriteLocalHeader(members_.back());
  Write(bytes);
  WriteDescriptor(members_.back());
}

Layout::Slot ZipLayout::AddSlot(absl::string_view name, int64_t size, size_t slot) {
  members_.push_back({.name = std::string(name), .offset = layout_.size, .size = size});
  if (size > 0) members_.back().slot = slot;
  WriteLocalHeader(members_.back());
  const Layout::Slot place = {.offset = layout_.size, .size = size};
  layout_.size += size;
  WriteDescriptor(members_.back());
  return place;
}

Layout ZipLayout::Finish() {
  const int64_t directory_offset = layout_.size;
  for (const Member& member : members_) WriteDirectoryEntry(member);
  WriteEndRecords(directory_offset);
  return std::move(layout_);
}

void ZipLayout::WriteLocalHeader(const Member& member) {
  const std::string zip64 = Zip64Field(member.size, 0, member.offset);
  const std::string extra = absl::StrCat(zip64, PaddingField(member.offset + kLocalHeaderSize + static_cast<int64_t>(member.name.size()) +
                                                             static_cast<int64_t>(zip64.size())));
  Write("PK\3\4");
  WriteNumber(0, 2);  // Version needed.
  WriteNumber(Flags(member.size), 2);
  WriteZeros(2 + 4 + 4 + 4 + 4);  // Method, time, CRC-32, sizes.
  WriteNumber(member.name.size(), 2);
  WriteNumber(extra.size(), 2);
  Write(member.name);
  Write(extra);
}

void ZipLayout::WriteDescriptor(const Member& member) {
  if (member.size == 0) return;
  const int width = member.size >= kMax32 || member.offset >= kMax32 ? 8 : 4;
  Write("PK\7\10");
  WriteCrc32(member);
  WriteNumber(member.size, width);
  WriteNumber(member.size, width);
}

void ZipLayout::WriteDirectoryEntry(const Member& member) {
  const std::string zip64 = Zip64Field(member.size, member.size, member.offset);
  Write("PK\1\2");
  WriteZeros(2 + 2);  // Version made by, version needed.
  WriteNumber(Flags(member.size), 2);
  WriteZeros(2 + 4);  // Method, time.
  WriteCrc32(member);
  WriteNumber(std::min(member.size, kMax32), 4);
  WriteNumber(std::min(member.size, kMax32), 4);
  WriteNumber(member.name.size(), 2);
  WriteNumber(zip64.size(), 2);
  WriteZeros(2 + 2 + 2 + 4);  // Size of the comment, disk, attributes.
  WriteNumber(std::min(member.offset, kMax32), 4);
  Write(member.name);
  Write(zip64);
}

void ZipLayout::WriteCrc32(const Member& member) {
  if (member.slot.has_value()) layout_.checksums.push_back({.offset = layout_.size, .slot = *member.slot});
  WriteNumber(member.crc32, 4);
}

void ZipLayout::WriteEndRecords(int64_t directory_offset) {
  const int64_t end = layout_.size;
  const int64_t directory_size = end - directory_offset;
  const auto count = static_cast<int64_t>(members_.size());
  Write("PK\6\6");
  WriteNumber(44, 8);      // Bytes of this record from here on.
  WriteNumber(0x031e, 2);  // Version made by.
  WriteNumber(45, 2);      // Version needed.
  WriteZeros(4 + 4);       // Disks.
  WriteNumber(count, 8);   // On this disk.
  WriteNumber(count, 8);
  WriteNumber(directory_size, 8);
  WriteNumber(directory_offset, 8);
  Write("PK\6\7");
  WriteNumber(0, 4);  // Disk.
  WriteNumber(end, 8);
  WriteNumber(1, 4);  // Disks.
  Write("PK\5\6");
  WriteZeros(2 + 2);  // Disks.
  WriteNumber(std::min(count, kMax16), 2);
  WriteNumber(std::min(count, kMax16), 2);
  WriteNumber(std::min(directory_size, kMax32), 4);
  WriteNumber(std::min(directory_offset, kMax32), 4);
  WriteNumber(0, 2);  // Size of the comment.
}

void ZipLayout::Write(absl::string_view bytes) {
  const bool follows = !layout_.literals.empty() &&
                       layout_.literals.back().offset + static_cast<int64_t>(layout_.literals.back().bytes.size()) == layout_.size;
  if (!follows) layout_.literals.push_back({.offset = layout_.size, .bytes = ""});
  absl::StrAppend(&layout_.literals.back().bytes, bytes);
  layout_.size += static_cast<int64_t>(bytes.size());
}

void ZipLayout::WriteNumber(uint64_t value, int size) {
  Write(LittleEndian(value, size));
}

void ZipLayout::WriteZeros(int size) {
  Write(std::string(size, '\0'));
}

}  // namespace weighbridge
