#include "formats/zip/zip_directory.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/read_limits.h"
#include "formats/zip/zip_end.h"
#include "formats/zip/zip_header.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {
namespace {

absl::StatusOr<std::vector<ZipEntry>> ReadEntries(const ByteSource& source, const ZipEnd& end) {
  std::vector<ZipEntry> entries;
  absl::flat_hash_set<absl::string_view> names;
  ByteCursor cursor(source, end.directory_begin, end.directory_end);
  for (int64_t i = 0; i < end.members; ++i) {
    ASSIGN_OR_RETURN(ZipEntry entry, ReadZipEntry(cursor, end.directory_begin));
    entry.member.index = i;
    entries.push_back(std::move(entry));
  }
  if (cursor.remaining() > 0) {
    return absl::DataLossError(absl::StrCat("its directory goes on behind the ", end.members, " members that the end record counts"));
  }
  for (const ZipEntry& entry : entries) {
    if (!names.insert(entry.member.name).second) return absl::DataLossError(absl::StrCat(Label(entry.member), " is listed twice"));
  }
  return entries;
}

// Compares the local headers in the order of the file, which they cover with their data from its first byte to the directory.
absl::Status CheckLocalHeaders(const ByteSource& source, const ZipEnd& end, std::vector<ZipEntry>& entries) {
  std::vector<ZipEntry*> by_offset;
  by_offset.reserve(entries.size());
  for (ZipEntry& entry : entries) by_offset.push_back(&entry);
  std::sort(by_offset.begin(), by_offset.end(), [](const ZipEntry* a, const ZipEntry* b) { return a->header_offset < b->header_offset; });
  const int64_t begin = by_offset.empty() ? end.directory_begin : by_offset[0]->header_offset;
  if (begin > 0) return absl::DataLossError(absl::StrCat(begin, " bytes stand before the first member"));
  ByteCursor cursor(source, 0, end.directory_begin);
  for (size_t i = 0; i < by_offset.size(); ++i) {
    const ZipEntry* following = i + 1 < by_offset.size() ? by_offset[i + 1] : nullptr;
    if (following != nullptr && following->header_offset == by_offset[i]->header_offset) {
      return absl::DataLossError(absl::StrCat(Label(by_offset[i]->member), " and ", Label(following->member), " share bytes"));
    }
    ASSIGN_OR_RETURN(int64_t offset, CheckLocalHeader(cursor, *by_offset[i], following));
    by_offset[i]->member.offset = offset;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ZipDirectory> ReadZipDirectory(const ByteSource& source, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(const ZipEnd end, ReadZipEnd(source));
  if (end.members > limits.zip_members) {
    return absl::ResourceExhaustedError(absl::StrCat("it has ", end.members, " members; the limit is ", limits.zip_members));
  }
  ASSIGN_OR_RETURN(std::vector<ZipEntry> entries, ReadEntries(source, end));
  RETURN_IF_ERROR(CheckLocalHeaders(source, end, entries));
  ZipDirectory directory = {.members = {}, .archive_end = end.archive_end};
  directory.members.reserve(entries.size());
  for (ZipEntry& entry : entries) directory.members.push_back(std::move(entry.member));
  return directory;
}

}  // namespace weighbridge
