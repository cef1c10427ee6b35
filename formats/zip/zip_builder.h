#ifndef WEIGHBRIDGE_FORMATS_ZIP_ZIP_BUILDER_H_
#define WEIGHBRIDGE_FORMATS_ZIP_ZIP_BUILDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weighbridge {

// For tests: zip archives, right ones and wrong ones, from their parts.

// The low `bytes` bytes of `value`, little-endian.
std::string LittleEndian(uint64_t value, int bytes);

// The CRC-32 of zip, bit by bit.
uint32_t Crc32(const std::string& bytes);

// A deflate stream of one stored block; at most 65535 bytes.
std::string DeflateStored(const std::string& bytes);

// A member. What is not set is what a right archive says.
struct ZipPart {
  std::string name = "";
  std::string data = "";  // As it stands in the file.
  uint16_t method = 0;
  uint16_t flags = 0;
  std::optional<uint32_t> crc32 = std::nullopt;
  std::optional<uint32_t> size = std::nullopt;         // Uncompressed; by default that of `data`.
  std::optional<uint32_t> stored_size = std::nullopt;  // In the directory.
  std::string extra = "";                              // Of the local header.
  std::string directory_extra = "";
  std::string comment = "";     // In the directory.
  uint32_t attributes = 0;      // The external ones.
  uint16_t disk = 0;            // Where it begins.
  uint16_t version = 20;        // Of the format, which it wants.
  std::string before = "";      // Bytes before its local header.
  std::string descriptor = "";  // Behind the data.
  // Where the local header says otherwise than the directory.
  std::optional<std::string> local_name = std::nullopt;
  std::optional<uint16_t> local_method = std::nullopt;
  std::optional<uint16_t> local_flags = std::nullopt;
  std::optional<uint32_t> local_crc32 = std::nullopt;
  std::optional<uint32_t> local_stored_size = std::nullopt;
  std::optional<uint32_t> local_size = std::nullopt;
  std::optional<uint32_t> local_offset = std::nullopt;  // Where the directory says that the local header is.
};

// A deflated member that inflates to `data`.
ZipPart Deflated(const std::string& name, const std::string& data);

// The archive around the members.
struct ZipEnvelope {
  std::string before = "";   // Bytes before the first local header, for which offsets are corrected.
  std::string comment = "";  // Of the archive.
  std::string after = "";    // Bytes after the end record.
  std::string before_directory = "";
  std::string before_end = "";  // Between the directory and its end records.
  bool zip64 = false;           // With the zip64 end record and its locator, which say what the others do, but for these:
  std::optional<uint64_t> count64 = std::nullopt;
  std::optional<uint64_t> size64 = std::nullopt;  // Of the record.
  std::optional<uint64_t> end64_offset = std::nullopt;
  uint32_t disks = 1;
  std::optional<uint16_t> count = std::nullopt;
  std::optional<uint32_t> directory_offset = std::nullopt;
  uint16_t disk = 0;
  std::optional<uint16_t> comment_size = std::nullopt;
};

std::string BuildZip(const std::vector<ZipPart>& parts, const ZipEnvelope& envelope = {});

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_ZIP_BUILDER_H_
