#include "formats/torch/tar_archive.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {
namespace {

constexpr int64_t kBlock = 512;
constexpr int64_t kLongestText = int64_t{64} << 10;

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
constexpr Field kPrefix = {345, 155};

// Types. What is none of them is a file to tarfile.
constexpr char kOldFile = '\0';
constexpr char kFolder = '5';
constexpr char kGnuName = 'L';
constexpr char kGnuLink = 'K';
constexpr char kGnuSparse = 'S';
constexpr absl::string_view kNoFiles = "123456";  // Links, devices, folders, pipes.
constexpr absl::string_view kPax = "xgX";

absl::string_view UpToZero(absl::string_view text) {
  return text.substr(0, text.find('\0'));
}

// Octal digits between white space, up to a zero byte, or 0x80 and a big-endian number. DataLoss for everything else.
absl::StatusOr<int64_t> Number(absl::string_view field, absl::string_view what) {
  int64_t value = 0;
  bool is_number = true;
  if (field[0] == '\x80') {
    for (const char byte : field.substr(1)) {
      is_number &= value <= INT64_MAX >> 8;
      value = is_number ? value << 8 | static_cast<uint8_t>(byte) : 0;
    }
  } else {
    for (const char digit : absl::StripAsciiWhitespace(UpToZero(field))) {
      is_number &= '0' <= digit && digit <= '7';
      value = value * 8 + (digit - '0');
    }
  }
  if (is_number) return value;
  return absl::DataLossError(absl::StrCat("a tar header's ", what, " is not an octal number"));
}

// The sums of a header's bytes, with spaces for the checksum itself: of old some took them for signed.
struct Sums {
  int64_t of_unsigned = 0;
  int64_t of_signed = 0;
};

Sums SumsOf(absl::string_view header) {
  Sums sums;
  for (size_t i = 0; i < header.size(); ++i) {
    const bool own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
    sums.of_unsigned += own ? ' ' : static_cast<uint8_t>(header[i]);
    sums.of_signed += own ? ' ' : static_cast<int8_t>(header[i]);
  }
  return sums;
}

absl::Status CheckSum(absl::string_view header) {
  ASSIGN_OR_RETURN(const int64_t expected, Number(kChecksum.Of(header), "checksum"));
  const Sums sums = SumsOf(header);
  if (expected == sums.of_unsigned || expected == sums.of_signed) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("a tar header's bytes sum up to ", sums.of_unsigned, ", it says ", expected));
}

// What stands before a member's header, of its name.
class Names {
 public:
  absl::Status Take(std::string name) {
    if (name_.has_value()) return absl::DataLossError("a tar member has two headers that name it");
    name_ = std::move(name);
    return absl::OkStatus();
  }

  std::string NameOr(std::string own) { return std::exchange(name_, std::nullopt).value_or(std::move(own)); }

 private:
  std::optional<std::string> name_;
};

// One record "LENGTH KEY=VALUE\n" of a PAX header, which is taken from `records`.
absl::StatusOr<std::pair<absl::string_view, absl::string_view>> TakeRecord(absl::string_view& records) {
  size_t length = 0;
  const size_t space = records.find_first_not_of("0123456789");
  absl::Status malformed = absl::DataLossError("a PAX header has a malformed record");
  if (space == records.npos || records[space] != ' ' || !absl::SimpleAtoi(records.substr(0, space), &length)) return malformed;
  if (length <= space + 1 || length > records.size() || records[length - 1] != '\n') return malformed;
  const absl::string_view record = records.substr(space + 1, length - space - 2);
  const size_t equals = record.find('=');
  if (equals == 0 || equals == record.npos) return malformed;
  records.remove_prefix(length);
  return std::pair(record.substr(0, equals), record.substr(equals + 1));
}

// Of the keys, those that tarfile lets change which bytes a name has. Times, owners and comments are passed.
absl::Status TakePax(absl::string_view records, bool is_global, Names& names) {
  while (!records.empty()) {
    ASSIGN_OR_RETURN(const auto record, TakeRecord(records));
    const auto [key, value] = record;
    if (key == "size" || absl::StartsWith(key, "GNU.sparse.") || (key == "path" && is_global)) {
      return absl::UnimplementedError(absl::StrCat("a tar member whose \"", key, "\" stands in a PAX header is not supported"));
    }
    if (key != "path") continue;
    RETURN_IF_ERROR(names.Take(std::string(value.substr(0, value.find_last_not_of('/') + 1))));
  }
  return absl::OkStatus();
}

// The data of a header that speaks of the next member; what pads it to a block are zeros.
absl::StatusOr<std::string> ReadText(ByteCursor& cursor, int64_t size) {
  if (size > kLongestText)
    return absl::ResourceExhaustedError(absl::StrCat("a tar header has ", size, " bytes; the limit is ", kLongestText));
  absl::StatusOr<std::string> text = cursor.ReadString(size);
  if (!text.ok()) return text.status();
  ASSIGN_OR_RETURN(const std::string padding, cursor.ReadString(std::min((kBlock - size % kBlock) % kBlock, cursor.remaining())));
  if (padding.find_first_not_of('\0') != std::string::npos)
    return absl::DataLossError("a tar header is padded with other bytes than zeros");
  return text;
}

absl::Status SkipData(ByteCursor& cursor, int64_t size) {
  RETURN_IF_ERROR(cursor.Skip(size));
  return cursor.Skip(std::min((kBlock - size % kBlock) % kBlock, cursor.remaining()));
}

// Takes the member whose header this is, or what it says of the next one, and passes its data.
absl::Status TakeHeader(absl::string_view header, ByteCursor& cursor, Names& names, std::vector<TarMember>& members) {
  RETURN_IF_ERROR(CheckSum(header));
  ASSIGN_OR_RETURN(const int64_t size, Number(kSize.Of(header), "size"));
  char type = kType.Of(header)[0];
  if (type == kGnuSparse) return absl::UnimplementedError("a sparse tar member is not supported");
  if (type == kGnuName || type == kGnuLink || absl::StrContains(kPax, type)) {
    const absl::StatusOr<std::string> text = ReadText(cursor, size);
    if (!text.ok() || type == kGnuLink) return text.status();
    return type == kGnuName ? names.Take(std::string(UpToZero(*text))) : TakePax(*text, type == 'g', names);
  }
  std::string name(UpToZero(kName.Of(header)));
  if (type == kOldFile && absl::EndsWith(name, "/")) type = kFolder;
  if (const absl::string_view prefix = UpToZero(kPrefix.Of(header)); !prefix.empty()) name = absl::StrCat(prefix, "/", name);
  const bool is_file = !absl::StrContains(kNoFiles, type);
  members.push_back({.name = names.NameOr(std::move(name)), .offset = cursor.position(), .size = is_file ? size : 0, .is_file = is_file});
  return SkipData(cursor, members.back().size);
}

}  // namespace

absl::StatusOr<std::vector<TarMember>> ListTarMembers(const ByteSource& source) {
  std::vector<TarMember> members;
  Names names;
  ByteCursor cursor(source);
  while (cursor.remaining() > 0) {
    ASSIGN_OR_RETURN(const std::string header, cursor.ReadString(kBlock));
    // A block of zeros ends the archive.
    if (header.find_first_not_of('\0') == std::string::npos) return members;
    RETURN_IF_ERROR(TakeHeader(header, cursor, names, members));
  }
  return members;
}

// A damaged header is one too, where its magic says so. Python's int(text, 8) takes more than octal digits: a sign, "0o", underscores. Here
// it is enough that it might.
bool LooksLikeTar(const ByteSource& source) {
  const absl::StatusOr<std::string> header = ByteCursor(source).ReadString(kBlock);
  if (!header.ok() || header->find_first_not_of('\0') == std::string::npos) return false;
  if (kMagic.Of(*header) == "ustar" || CheckSum(*header).ok()) return true;
  const absl::string_view field = UpToZero(kChecksum.Of(*header));
  int64_t value = 0;
  for (const char digit : field) value = '0' <= digit && digit <= '7' ? value * 8 + (digit - '0') : value;
  if (absl::StrContains(field, '-')) value = -value;
  const Sums sums = SumsOf(*header);
  return value == sums.of_unsigned || value == sums.of_signed;
}

}  // namespace weighbridge
