#include "formats/zip/zip_end.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/zip/zip_fields.h"

namespace weighbridge {
namespace {

// Bytes of the records; of an end record without its comment, which has at most 65535.
constexpr int64_t kEndSize = 22;
constexpr int64_t kLocatorSize = 20;
constexpr int64_t kEnd64Size = 56;
constexpr int64_t kLongestComment = 65535;

constexpr uint32_t kLocalHeader = 0x04034b50;  // "PK\3\4".
constexpr uint32_t kEnd = 0x06054b50;          // "PK\5\6".
constexpr uint32_t kLocator = 0x07064b50;      // "PK\6\7".
constexpr uint32_t kEnd64 = 0x06064b50;        // "PK\6\6".

// An end record of either width.
struct EndRecord {
  bool one_disk = false;
  uint64_t members = 0;
  uint64_t directory_size = 0;
  uint64_t directory_offset = 0;
  uint16_t comment_size = 0;
};

absl::Status SeveralDisks() {
  return absl::UnimplementedError("it spans several disks, which is not supported");
}

// Where the last end record begins. One of which less than a whole record is left, inside a comment, is none to any reader that would
// otherwise go on.
absl::StatusOr<int64_t> FindEnd(const ByteSource& source) {
  const int64_t begin = std::max<int64_t>(0, source.size() - kEndSize - kLongestComment);
  std::string tail(source.size() - begin, '\0');
  RETURN_IF_ERROR(source.ReadAt(begin, absl::MakeSpan(tail)));
  const size_t last = std::max<int64_t>(0, static_cast<int64_t>(tail.size()) - kEndSize);
  const size_t found = tail.rfind("PK\x05\x06", last);
  if (found != std::string::npos) return begin + static_cast<int64_t>(found);
  return absl::DataLossError(absl::StrCat("none of its last ", tail.size(), " bytes begins an end record"));
}

absl::StatusOr<EndRecord> ReadEnd(const ByteSource& source, int64_t offset) {
  ByteCursor cursor(source, offset, source.size());
  ZipFields fields(cursor);
  fields.Signature(kEnd, "end record");
  EndRecord record;
  record.one_disk = (fields.U16() | fields.U16()) == 0;
  const uint16_t on_this_disk = fields.U16();
  record.members = fields.U16();
  record.directory_size = fields.U32();
  record.directory_offset = fields.U32();
  record.comment_size = fields.U16();
  fields.Skip(record.comment_size);
  if (!fields.status().ok()) return fields.status();
  record.one_disk &= on_this_disk == record.members;
  return record;
}

// The zip64 end record, which ends where its locator begins, if a locator stands at `locator`.
absl::StatusOr<EndRecord> ReadEnd64(const ByteSource& source, int64_t locator) {
  ByteCursor locator_cursor(source, locator, source.size());
  ZipFields located(locator_cursor);
  located.Signature(kLocator, "zip64 locator");
  const uint32_t disk = located.U32();
  const uint64_t offset = located.U64();
  const uint32_t disks = located.U32();
  if (!located.status().ok()) return located.status();
  const int64_t begin = locator - kEnd64Size;
  if (begin < 0 || offset != static_cast<uint64_t>(begin)) {
    return absl::DataLossError(absl::StrCat("its zip64 end record should begin at ", begin, "; the locator says ", offset));
  }
  ByteCursor cursor(source, begin, locator);
  ZipFields fields(cursor);
  fields.Signature(kEnd64, "zip64 end record");
  const uint64_t size = fields.U64();
  fields.Skip(4);  // Versions.
  EndRecord record;
  record.one_disk = (fields.U32() | fields.U32()) == 0 && disk == 0 && disks == 1;
  const uint64_t on_this_disk = fields.U64();
  record.members = fields.U64();
  record.directory_size = fields.U64();
  record.directory_offset = fields.U64();
  if (!fields.status().ok()) return fields.status();
  record.one_disk &= on_this_disk == record.members;
  constexpr uint64_t kBehindSize = kEnd64Size - 12;
  if (size == kBehindSize) return record;
  return absl::DataLossError(absl::StrCat("its zip64 end record has ", size, " bytes, not ", kBehindSize));
}

bool BeginsWith(const ByteSource& source, int64_t offset, uint32_t signature) {
  return ByteCursor(source, offset, source.size()).ReadU32().value_or(0) == signature;
}

// A field of the end record says what the zip64 record does, or that it is there.
bool Agrees(uint64_t field, uint64_t all_ones, uint64_t field64) {
  return field == field64 || field == all_ones;
}

}  // namespace

absl::StatusOr<ZipEnd> ReadZipEnd(const ByteSource& source) {
  ASSIGN_OR_RETURN(const int64_t offset, FindEnd(source));
  absl::StatusOr<EndRecord> record = ReadEnd(source, offset);
  if (!record.ok()) return record.status();
  ZipEnd end = {.directory_end = offset, .archive_end = offset + kEndSize + record->comment_size};
  if (!record->one_disk) return SeveralDisks();
  if (offset >= kLocatorSize && BeginsWith(source, offset - kLocatorSize, kLocator)) {
    const absl::StatusOr<EndRecord> record64 = ReadEnd64(source, offset - kLocatorSize);
    if (!record64.ok()) return record64.status();
    if (!record64->one_disk) return SeveralDisks();
    if (!Agrees(record->members, 0xffff, record64->members) || !Agrees(record->directory_size, kInZip64, record64->directory_size) ||
        !Agrees(record->directory_offset, kInZip64, record64->directory_offset)) {
      return absl::DataLossError("its end records disagree");
    }
    record = record64;
    end.directory_end = offset - kLocatorSize - kEnd64Size;
  }
  const auto limit = static_cast<uint64_t>(end.directory_end);
  if (record->directory_offset > limit || record->directory_size > limit - record->directory_offset) {
    return absl::DataLossError(absl::StrCat("its directory of ", record->directory_size, " bytes at ", record->directory_offset,
                                            " does not lie before the end record at ", limit));
  }
  end.directory_begin = static_cast<int64_t>(record->directory_offset);
  const int64_t between = end.directory_end - end.directory_begin - static_cast<int64_t>(record->directory_size);
  if (between > 0 && BeginsWith(source, 0, kLocalHeader) && BeginsWith(source, between, kLocalHeader)) {
    return absl::UnimplementedError(absl::StrCat("several archives stand one after the other, the last at offset ", between,
                                                 ", as torch.distributed.checkpoint writes them; `python -m torch.distributed.checkpoint.",
                                                 "format_utils dcp_to_torch` makes one file of its folder"));
  }
  if (between > 0) {
    return absl::DataLossError(absl::StrCat(between, " bytes stand before the first member, or between the directory and its end record"));
  }
  end.members = static_cast<int64_t>(std::min<uint64_t>(record->members, INT64_MAX));
  return end;
}

}  // namespace weighbridge
