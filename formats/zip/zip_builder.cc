#include "formats/zip/zip_builder.h"

#include <cstdint>
#include <string>
#include <vector>

namespace weighbridge {
namespace {

// The fields that local header and directory share, from flags to the extra field's length.
std::string SharedFields(const ZipPart& part, uint16_t method, uint32_t stored_size, uint32_t size, const std::string& name,
                         size_t extra_size) {
  return LittleEndian(20, 2) + LittleEndian(part.flags, 2) + LittleEndian(method, 2) + LittleEndian(0, 4) +
         LittleEndian(part.crc32.value_or(Crc32(part.data)), 4) + LittleEndian(stored_size, 4) + LittleEndian(size, 4) +
         LittleEndian(name.size(), 2) + LittleEndian(extra_size, 2);
}

}  // namespace

std::string LittleEndian(uint64_t value, int bytes) {
  std::string result;
  for (int i = 0; i < bytes; ++i) result.push_back(static_cast<char>(value >> (8 * i)));
  return result;
}

uint32_t Crc32(const std::string& bytes) {
  uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
  }
  return ~crc;
}

std::string DeflateStored(const std::string& bytes) {
  return "\x01" + LittleEndian(bytes.size(), 2) + LittleEndian(~bytes.size(), 2) + bytes;
}

ZipPart Deflated(const std::string& name, const std::string& data) {
  return {.name = name, .data = DeflateStored(data), .method = 8, .crc32 = Crc32(data), .size = static_cast<uint32_t>(data.size())};
}

std::string BuildZip(const std::vector<ZipPart>& parts, const ZipEnvelope& envelope) {
  std::string file = envelope.before;
  std::string directory;
  for (const ZipPart& part : parts) {
    const auto offset = static_cast<uint32_t>(file.size());
    const auto data_size = static_cast<uint32_t>(part.data.size());
    const uint32_t size = part.size.value_or(data_size);
    const std::string local_name = part.local_name.value_or(part.name);
    file += "PK\3\4" + SharedFields(part, part.local_method.value_or(part.method), part.stored_size.value_or(data_size),
                                    part.local_size.value_or(size), local_name, part.extra.size());
    file += local_name + part.extra + part.data;
    directory += "PK\1\2" + LittleEndian(20, 2) + SharedFields(part, part.method, part.stored_size.value_or(data_size), size, part.name, 0);
    directory += LittleEndian(0, 2) + LittleEndian(0, 2) + LittleEndian(0, 2) + LittleEndian(0, 4);  // Comment, disk, attributes.
    directory += LittleEndian(part.local_offset.value_or(offset), 4) + part.name;
  }
  const uint64_t count = envelope.count.value_or(parts.size());
  const uint64_t directory_offset = envelope.directory_offset.value_or(file.size());
  file += directory + "PK\5\6" + LittleEndian(envelope.disk, 2) + LittleEndian(envelope.disk, 2) + LittleEndian(count, 2) +
          LittleEndian(count, 2);
  file += LittleEndian(directory.size(), 4) + LittleEndian(directory_offset, 4) + LittleEndian(envelope.comment.size(), 2);
  return file + envelope.comment + envelope.after;
}

}  // namespace weighbridge
