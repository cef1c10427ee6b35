#include "formats/torch/tar_archive.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {
namespace {

constexpr int64_t kBlock = 512;

// A field of a header.
struct Field {
  size_t offset;
  size_t size;

  absl::string_view Of(absl::string_view header) const { return header.substr(offset, size); }
};
constexpr Field kName = {0, 100};
constexpr Field kSize = {124, 12};
constexpr Field kChecksum = {148, 8};
constexpr Field kType = {156, 1};
constexpr Field kMagic = {257, 5};

// Octal digits between spaces and zero bytes. DataLoss for everything else.
absl::StatusOr<int64_t> Octal(absl::string_view field, absl::string_view what) {
  const size_t begin = std::min(field.find_first_not_of(' '), field.size());
  const size_t end = std::min(field.find_first_of(absl::string_view(" \0", 2), begin), field.size());
  int64_t value = 0;
  bool is_octal = begin < end;
  for (size_t i = begin; i < end; ++i) {
    is_octal &= '0' <= field[i] && field[i] <= '7';
    value = value * 8 + (field[i] - '0');
  }
  if (is_octal) return value;
  return absl::DataLossError(absl::StrCat("a tar header's ", what, " is no octal number"));
}

// The sum of a header's bytes, with spaces for the checksum itself.
absl::Status CheckSum(absl::string_view header) {
  const absl::StatusOr<int64_t> expected = Octal(kChecksum.Of(header), "checksum");
  if (!expected.ok()) return expected.status();
  int64_t sum = 0;
  for (size_t i = 0; i < header.size(); ++i) {
    const bool own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
    sum += own ? ' ' : static_cast<uint8_t>(header[i]);
  }
  if (sum == *expected) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("a tar header's bytes sum up to ", sum, ", it says ", *expected));
}

// Whether a PAX header of `size` bytes at the cursor gives the next member another size.
absl::StatusOr<bool> GivesSize(ByteCursor cursor, int64_t size) {
  constexpr int64_t kLimit = int64_t{64} << 10;
  if (size > kLimit) return absl::ResourceExhaustedError(absl::StrCat("a PAX header has ", size, " bytes; the limit is ", kLimit));
  const absl::StatusOr<std::string> records = cursor.ReadString(size);
  if (!records.ok()) return records.status();
  return absl::StrContains(*records, " size=");
}

}  // namespace

absl::StatusOr<std::vector<TarMember>> ListTarMembers(const ByteSource& source) {
  std::vector<TarMember> members;
  ByteCursor cursor(source);
  while (cursor.remaining() > 0) {
    const absl::StatusOr<std::string> header = cursor.ReadString(kBlock);
    if (!header.ok()) return header.status();
    // A block of zeros ends the archive.
    if (header->find_first_not_of('\0') == std::string::npos) return members;
    if (absl::Status status = CheckSum(*header); !status.ok()) return status;
    const absl::StatusOr<int64_t> size = Octal(kSize.Of(*header), "size");
    if (!size.ok()) return size.status();
    const char type = kType.Of(*header)[0];
    const absl::StatusOr<bool> gives_size = type == 'x' ? GivesSize(cursor, *size) : false;
    if (!gives_size.ok()) return gives_size.status();
    if (*gives_size) return absl::UnimplementedError("a tar member of 8 GiB or more is not supported");
    const absl::string_view name = kName.Of(*header).substr(0, kName.Of(*header).find('\0'));
    if (type == '0' || type == '\0') members.push_back({.name = std::string(name), .offset = cursor.position(), .size = *size});
    if (absl::Status status = cursor.Skip(*size); !status.ok()) return status;
    const int64_t padding = (kBlock - *size % kBlock) % kBlock;
    if (absl::Status status = cursor.Skip(std::min(padding, cursor.remaining())); !status.ok()) return status;
  }
  return members;
}

bool LooksLikeTar(const ByteSource& source) {
  ByteCursor cursor(source);
  return cursor.Skip(kMagic.offset).ok() && cursor.ReadString(kMagic.size).value_or("") == "ustar";
}

}  // namespace weighbridge
