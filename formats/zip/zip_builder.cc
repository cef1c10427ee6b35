#include "formats/zip/zip_builder.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weighbridge {
namespace {

// The fields that local header and directory share, from the version to the extra field's length.
struct SharedFields {
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t crc32 = 0;
  uint32_t stored_size = 0;
  uint32_t size = 0;
  size_t name_size = 0;
  size_t extra_size = 0;

  std::string Build(uint16_t version) const {
    return LittleEndian(version, 2) + LittleEndian(flags, 2) + LittleEndian(method, 2) + LittleEndian(0, 4) + LittleEndian(crc32, 4) +
           LittleEndian(stored_size, 4) + LittleEndian(size, 4) + LittleEndian(name_size, 2) + LittleEndian(extra_size, 2);
  }
};

std::string Zip64Records(const ZipEnvelope& envelope, uint64_t count, uint64_t directory_size, uint64_t directory_offset, uint64_t here) {
  constexpr uint64_t kRest = 44;
  std::string record = "PK\6\6" + LittleEndian(envelope.size64.value_or(kRest), 8) + LittleEndian(45, 2) + LittleEndian(45, 2);
  record += LittleEndian(envelope.disk, 4) + LittleEndian(envelope.disk, 4) + LittleEndian(envelope.count64.value_or(count), 8) +
            LittleEndian(envelope.count64.value_or(count), 8) + LittleEndian(directory_size, 8) + LittleEndian(directory_offset, 8);
  return record + "PK\6\7" + LittleEndian(envelope.disk, 4) + LittleEndian(envelope.end64_offset.value_or(here), 8) +
         LittleEndian(envelope.disks, 4);
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
    file += part.before;
    const auto offset = static_cast<uint32_t>(file.size());
    const auto data_size = static_cast<uint32_t>(part.data.size());
    const SharedFields fields = {.flags = part.flags,
                                 .method = part.method,
                                 .crc32 = part.crc32.value_or(Crc32(part.data)),
                                 .stored_size = part.stored_size.value_or(data_size),
                                 .size = part.size.value_or(data_size),
                                 .name_size = part.name.size(),
                                 .extra_size = part.directory_extra.size()};
    const std::string local_name = part.local_name.value_or(part.name);
    const SharedFields local = {.flags = part.local_flags.value_or(fields.flags),
                                .method = part.local_method.value_or(fields.method),
                                .crc32 = part.local_crc32.value_or(fields.crc32),
                                .stored_size = part.local_stored_size.value_or(fields.stored_size),
                                .size = part.local_size.value_or(fields.size),
                                .name_size = local_name.size(),
                                .extra_size = part.extra.size()};
    file += "PK\3\4" + local.Build(part.version) + local_name + part.extra + part.data + part.descriptor;
    directory += "PK\1\2" + LittleEndian(20, 2) + fields.Build(part.version) + LittleEndian(part.comment.size(), 2);
    directory += LittleEndian(part.disk, 2) + LittleEndian(0, 2) + LittleEndian(part.attributes, 4);
    directory += LittleEndian(part.local_offset.value_or(offset), 4) + part.name + part.directory_extra + part.comment;
  }
  file += envelope.before_directory;
  const uint64_t count = envelope.count.value_or(parts.size());
  const uint64_t directory_offset = envelope.directory_offset.value_or(file.size());
  file += directory + envelope.before_end;
  if (envelope.zip64) file += Zip64Records(envelope, count, directory.size(), directory_offset, file.size());
  file += "PK\5\6" + LittleEndian(envelope.disk, 2) + LittleEndian(envelope.disk, 2) + LittleEndian(count, 2) + LittleEndian(count, 2);
  file += LittleEndian(directory.size(), 4) + LittleEndian(directory_offset, 4);
  file += LittleEndian(envelope.comment_size.value_or(envelope.comment.size()), 2);
  return file + envelope.comment + envelope.after;
}

}  // namespace weighbridge
