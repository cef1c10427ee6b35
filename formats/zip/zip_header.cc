#include "formats/zip/zip_header.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/zip/zip_fields.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {
namespace {

constexpr uint32_t kEntry = 0x02014b50;        // "PK\1\2".
constexpr uint32_t kLocalHeader = 0x04034b50;  // "PK\3\4".
constexpr uint32_t kDescriptor = 0x08074b50;   // "PK\7\x08".

constexpr uint16_t kDescribed = 1 << 3;
constexpr uint16_t kUtf8 = 1 << 11;
// Bits 0, 6 and 13: encrypted in three ways. Bit 5: a patch of other data. Bits 1 and 2 say how hard deflate tried; all others have no
// meaning.
constexpr uint16_t kEncrypted = 1 << 0 | 1 << 6 | 1 << 13;
constexpr uint16_t kPatch = 1 << 5;
constexpr uint16_t kKnown = kDescribed | kUtf8 | 1 << 1 | 1 << 2;

constexpr uint16_t kStored = 0;
constexpr uint16_t kDeflated = 8;
// The newest version of the format that Python reads: 6.3.
constexpr uint16_t kNewestVersion = 63;
// Of the external attributes, whatever system they are of: torch goes by it.
constexpr uint32_t kFolder = 0x10;

// The fields that entries and local headers share.
struct Shared {
  uint16_t version = 0;
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t crc32 = 0;
  uint64_t stored_size = 0;
  uint64_t size = 0;
  uint16_t name_size = 0;
  uint16_t extra_size = 0;
};

Shared ReadShared(ZipFields& fields) {
  Shared shared;
  shared.version = fields.U16();
  shared.flags = fields.U16();
  shared.method = fields.U16();
  fields.Skip(4);  // Time and date.
  shared.crc32 = fields.U32();
  shared.stored_size = fields.U32();
  shared.size = fields.U32();
  shared.name_size = fields.U16();
  shared.extra_size = fields.U16();
  return shared;
}

// Takes from the zip64 field, in its order, what the 32-bit fields leave to it; nothing else may stand there.
absl::Status ResolveZip64(const ZipExtra& extra, std::initializer_list<uint64_t*> values) {
  size_t taken = 0;
  for (uint64_t* value : values) {
    if (*value != kInZip64) continue;
    if (taken < extra.zip64.size()) *value = extra.zip64[taken];
    ++taken;
  }
  if (taken == extra.zip64.size()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("its zip64 extra field has ", extra.zip64.size(), " numbers, expected ", taken));
}

// In a local header the field has both sizes or none: NumPy writes them in any case, torch also where the header has 0. torch adds the
// header's own offset.
absl::Status ResolveLocalZip64(const ZipExtra& extra, int64_t header_offset, Shared& shared) {
  constexpr size_t kSizes = 2;
  const std::vector<uint64_t>& numbers = extra.zip64;
  const bool wanted = shared.size == kInZip64 || shared.stored_size == kInZip64;
  if (numbers.size() > kSizes + 1 || (wanted && numbers.size() < kSizes)) {
    return absl::DataLossError(absl::StrCat("the zip64 extra field of its local header has ", numbers.size(), " numbers"));
  }
  if (numbers.size() % kSizes == 1 && numbers.back() != static_cast<uint64_t>(header_offset)) {
    return absl::DataLossError("the zip64 extra field of its local header says that it begins elsewhere");
  }
  if (numbers.size() < kSizes) return absl::OkStatus();
  for (const auto& [value, value64] : {std::pair(&shared.size, numbers[0]), std::pair(&shared.stored_size, numbers[1])}) {
    if (*value != kInZip64 && *value != 0 && *value != value64) {
      return absl::DataLossError(absl::StrCat("the zip64 extra field of its local header says ", value64, ", the header ", *value));
    }
    *value = value64;
  }
  return absl::OkStatus();
}

// libzip and newer Pythons take the name in this field for the member's, torch does not.
absl::Status CheckUnicodePath(const ZipExtra& extra, absl::string_view name) {
  constexpr size_t kVersionAndCrc = 5;
  if (!extra.unicode_path.has_value()) return absl::OkStatus();
  const absl::string_view field = *extra.unicode_path;
  if (field.size() >= kVersionAndCrc && field.substr(kVersionAndCrc) == name) return absl::OkStatus();
  return absl::DataLossError("extra field 0x7075 gives it another name");
}

absl::Status CheckName(absl::string_view name) {
  absl::string_view wrong;
  if (name.empty()) wrong = "its name is empty";
  if (absl::StrContains(name, '\0')) wrong = "its name holds a zero byte, at which some readers end it";
  if (absl::StrContains(name, '\\')) wrong = "its name holds a backslash, which some readers take for a slash";
  if (absl::StartsWith(name, "/")) wrong = "its name begins with a slash";
  for (const absl::string_view part : absl::StrSplit(name, '/')) {
    if (part == "..") wrong = "its name leads upwards";
  }
  return wrong.empty() ? absl::OkStatus() : absl::DataLossError(wrong);
}

absl::Status CheckSupported(const Shared& shared, uint16_t disk) {
  if ((shared.flags & kEncrypted) != 0) return absl::UnimplementedError("it is encrypted");
  if ((shared.flags & kPatch) != 0) return absl::UnimplementedError("it is a patch of other data");
  if ((shared.flags & ~kKnown) != 0) return absl::UnimplementedError(absl::StrFormat("its flags 0x%04x are not supported", shared.flags));
  if (shared.method != kStored && shared.method != kDeflated) {
    return absl::UnimplementedError(absl::StrCat("it is compressed by method ", shared.method, "; only 0 and 8 are read"));
  }
  if (shared.version > kNewestVersion) return absl::UnimplementedError(absl::StrCat("it wants version ", shared.version, " of the format"));
  if (disk != 0) return absl::UnimplementedError(absl::StrCat("it begins on disk ", disk));
  return absl::OkStatus();
}

// What other readers make of sizes and marks: torch has no data for a folder, nor where none is stored.
absl::Status CheckSizes(const Shared& shared, absl::string_view name, uint32_t attributes, uint64_t limit) {
  if (shared.stored_size > limit || shared.size > INT64_MAX) {
    return absl::DataLossError(absl::StrCat("it claims ", shared.stored_size, " bytes, ", shared.size, " inflated, before offset ", limit));
  }
  if (shared.method == kStored && shared.size != shared.stored_size) {
    return absl::DataLossError(absl::StrCat("it is stored as it is, in ", shared.stored_size, " bytes, and claims ", shared.size));
  }
  if (shared.size > 0 && shared.stored_size == 0) return absl::DataLossError(absl::StrCat("it inflates 0 bytes to ", shared.size));
  if (shared.size > 0 && (absl::EndsWith(name, "/") || (attributes & kFolder) != 0)) {
    return absl::DataLossError(absl::StrCat("it is marked as a folder and has ", shared.size, " bytes, which torch does not read"));
  }
  return absl::OkStatus();
}

// The descriptor behind the data: with or without a signature, of sizes in 4 or 8 bytes. Its length is known, so it can be read one way
// only.
absl::Status CheckDescriptor(ByteCursor& cursor, const ZipMember& member, int64_t length) {
  constexpr int64_t kLengths[] = {12, 16, 20, 24};
  const bool has_signature = length == kLengths[1] || length == kLengths[3];
  const bool wide = length == kLengths[2] || length == kLengths[3];
  if (length != kLengths[0] && !has_signature && !wide) {
    return absl::DataLossError(absl::StrCat("a data descriptor belongs behind it, and ", length, " bytes stand there"));
  }
  ZipFields fields(cursor);
  if (has_signature) fields.Signature(kDescriptor, "data descriptor");
  const uint32_t crc32 = fields.U32();
  const uint64_t stored_size = wide ? fields.U64() : fields.U32();
  const uint64_t size = wide ? fields.U64() : fields.U32();
  if (!fields.status().ok()) return fields.status();
  if (crc32 == member.crc32 && stored_size == static_cast<uint64_t>(member.stored_size) && size == static_cast<uint64_t>(member.size)) {
    return absl::OkStatus();
  }
  return absl::DataLossError("its data descriptor disagrees with the directory");
}

absl::Status Disagrees(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("its local header disagrees with the directory: another ", what));
}

// With a descriptor behind the data, a value may be 0 here.
absl::Status CompareShared(const Shared& local, const ZipEntry& entry) {
  const ZipMember& member = entry.member;
  if (local.flags != entry.flags) return Disagrees(absl::StrFormat("flags, 0x%04x and 0x%04x", local.flags, entry.flags));
  if (local.method != (member.deflated ? kDeflated : kStored)) return Disagrees("method");
  const auto differs = [&](uint64_t here, uint64_t there) { return here != there && !(here == 0 && (entry.flags & kDescribed) != 0); };
  if (differs(local.crc32, member.crc32)) return Disagrees("CRC-32");
  if (differs(local.stored_size, member.stored_size) || differs(local.size, member.size)) return Disagrees("size");
  return absl::OkStatus();
}

absl::Status WithMember(const ZipMember& member, const absl::Status& status) {
  return Annotate(status, Label(member));
}

// The name and the extra fields that follow the fields of an entry or a local header.
struct Rest {
  std::string name;
  ZipExtra extra;
};

absl::StatusOr<Rest> ReadRest(ByteCursor& cursor, const Shared& shared) {
  Rest rest;
  ASSIGN_OR_RETURN(std::string name, cursor.ReadString(shared.name_size));
  rest.name = std::move(name);
  ASSIGN_OR_RETURN(rest.extra, ReadZipExtra(cursor, shared.extra_size), WithMember({.name = rest.name}, _));
  return rest;
}

}  // namespace

absl::StatusOr<ZipEntry> ReadZipEntry(ByteCursor& cursor, int64_t directory_begin) {
  ZipFields fields(cursor);
  fields.Signature(kEntry, "entry of the directory");
  fields.Skip(2);  // Who made it.
  Shared shared = ReadShared(fields);
  const uint16_t comment_size = fields.U16();
  const uint16_t disk = fields.U16();
  fields.Skip(2);  // Internal attributes.
  const uint32_t attributes = fields.U32();
  uint64_t header_offset = fields.U32();
  if (!fields.status().ok()) return fields.status();
  ASSIGN_OR_RETURN(Rest rest, ReadRest(cursor, shared));
  fields.Skip(comment_size);
  if (!fields.status().ok()) return fields.status();

  ZipEntry entry = {.member = {.name = std::move(rest.name)}, .flags = shared.flags};
  const auto limit = static_cast<uint64_t>(directory_begin);
  absl::Status status = CheckSupported(shared, disk);
  if (status.ok()) status = ResolveZip64(rest.extra, {&shared.size, &shared.stored_size, &header_offset});
  if (status.ok()) status = CheckName(entry.member.name);
  if (status.ok()) status = CheckUnicodePath(rest.extra, entry.member.name);
  if (status.ok()) status = CheckSizes(shared, entry.member.name, attributes, limit);
  if (status.ok() && header_offset >= limit) {
    status = absl::DataLossError(absl::StrCat("its local header should lie at ", header_offset, ", the directory begins at ", limit));
  }
  if (!status.ok()) return WithMember(entry.member, status);
  entry.member.name_is_utf8 = (shared.flags & kUtf8) != 0;
  entry.member.deflated = shared.method == kDeflated;
  entry.member.stored_size = static_cast<int64_t>(shared.stored_size);
  entry.member.size = static_cast<int64_t>(shared.size);
  entry.member.crc32 = shared.crc32;
  entry.header_offset = static_cast<int64_t>(header_offset);
  return entry;
}

absl::StatusOr<int64_t> CheckLocalHeader(ByteCursor& cursor, const ZipEntry& entry, const ZipEntry* following) {
  const int64_t next = following != nullptr ? following->header_offset : cursor.position() + cursor.remaining();
  ZipFields fields(cursor);
  fields.Signature(kLocalHeader, "local header");
  Shared shared = ReadShared(fields);
  if (!fields.status().ok()) return WithMember(entry.member, fields.status());
  ASSIGN_OR_RETURN(const Rest rest, ReadRest(cursor, shared), WithMember(entry.member, _));
  absl::Status status = rest.name == entry.member.name ? absl::OkStatus() : Disagrees("name");
  if (status.ok()) status = ResolveLocalZip64(rest.extra, entry.header_offset, shared);
  if (status.ok()) status = CheckUnicodePath(rest.extra, entry.member.name);
  if (status.ok()) status = CompareShared(shared, entry);
  const int64_t offset = cursor.position();
  if (status.ok()) status = cursor.Skip(entry.member.stored_size);
  if (status.ok() && cursor.position() > next) {
    const std::string what = following != nullptr ? Label(following->member) : "the directory";
    status = absl::DataLossError(absl::StrCat("its bytes reach to ", cursor.position(), ", and ", what, " begins at ", next));
  }
  if (status.ok() && (entry.flags & kDescribed) != 0) status = CheckDescriptor(cursor, entry.member, next - cursor.position());
  if (status.ok() && cursor.position() < next) {
    status = absl::DataLossError(absl::StrCat(next - cursor.position(), " bytes that belong to no member follow it"));
  }
  if (!status.ok()) return WithMember(entry.member, status);
  return offset;
}

}  // namespace weighbridge
