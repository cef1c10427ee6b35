#ifndef WEIGHBRIDGE_FORMATS_ZIP_ZIP_MEMBER_H_
#define WEIGHBRIDGE_FORMATS_ZIP_ZIP_MEMBER_H_

#include <cstdint>
#include <string>

namespace weighbridge {

// A member of a zip archive, as the central directory states it.
struct ZipMember {
  std::string name;           // As it stands there: any bytes, never a path of this machine.
  bool name_is_utf8 = false;  // By the flag of that name. Otherwise torch takes the bytes as they are, Python for code page 437.
  int64_t index = 0;
  bool deflated = false;    // Otherwise stored as it is.
  int64_t stored_size = 0;  // Of the data in the file, bytes.
  int64_t size = 0;         // Of the member, bytes; equal to stored_size unless deflated.
  uint32_t crc32 = 0;       // Of the member; 0 for data that is not empty means that no checksum was made (docs/spec/formats.md 3.7).
  int64_t offset = 0;       // Of the data in the file.
};

// For messages: member "a/b", escaped.
std::string Label(const ZipMember& member);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_ZIP_MEMBER_H_
