#include "formats/zip/zip_archive.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/read_limits.h"
#include "formats/zip/zip_handle.h"
#include "formats/zip/zip_inflater.h"

namespace weighbridge {
namespace {

// An end record without its comment, and the longest comment.
constexpr int64_t kEndRecord = 22;
constexpr int64_t kLongestComment = 65535;

constexpr uint32_t kLocalHeader = 0x04034b50;  // "PK\3\4".

std::string Label(const ZipMember& member) {
  return absl::StrCat("member \"", absl::Utf8SafeCEscape(member.name), "\"");
}

absl::Status CheckNamesDiffer(absl::Span<const ZipMember> members) {
  absl::flat_hash_set<absl::string_view> names;
  for (const ZipMember& member : members) {
    if (!names.insert(member.name).second) return absl::DataLossError(absl::StrCat(Label(member), " stands there twice"));
  }
  return absl::OkStatus();
}

// The members that have data, by its offset.
std::vector<const ZipMember*> ByOffset(absl::Span<const ZipMember> members) {
  std::vector<const ZipMember*> sorted;
  for (const ZipMember& member : members) {
    if (member.stored_size > 0) sorted.push_back(&member);
  }
  std::sort(sorted.begin(), sorted.end(), [](const ZipMember* a, const ZipMember* b) { return a->offset < b->offset; });
  return sorted;
}

absl::Status CheckDataDisjoint(absl::Span<const ZipMember> members) {
  const std::vector<const ZipMember*> sorted = ByOffset(members);
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i - 1]->offset + sorted[i - 1]->stored_size > sorted[i]->offset) {
      return absl::DataLossError(absl::StrCat(Label(*sorted[i - 1]), " and ", Label(*sorted[i]), " share bytes"));
    }
  }
  return absl::OkStatus();
}

// That the file begins with the local header of a member, which libzip does not ask for.
absl::Status CheckStart(const ByteSource& source, absl::Span<const ZipMember> members) {
  constexpr int64_t kBeforeNameSize = 26;
  ByteCursor cursor(source);
  const absl::StatusOr<uint32_t> signature = cursor.ReadU32();
  if (!signature.ok()) return signature.status();
  if (*signature != kLocalHeader) return absl::DataLossError("bytes stand before the first member");
  if (absl::Status status = cursor.Skip(kBeforeNameSize - cursor.position()); !status.ok()) return status;
  const absl::StatusOr<uint16_t> name_size = cursor.ReadU16();
  if (!name_size.ok()) return name_size.status();
  const absl::StatusOr<uint16_t> extra_size = cursor.ReadU16();
  if (!extra_size.ok()) return extra_size.status();
  const absl::StatusOr<std::string> name = cursor.ReadString(*name_size);
  if (!name.ok()) return name.status();
  const int64_t data_offset = cursor.position() + *extra_size;
  for (const ZipMember& member : members) {
    if (member.name == *name && (member.stored_size == 0 || member.offset == data_offset)) return absl::OkStatus();
  }
  return absl::DataLossError("bytes stand before the first member: the header there is none of the directory's");
}

// The members, after every check that libzip leaves to us.
absl::StatusOr<std::vector<ZipMember>> ListMembers(ZipHandle& zip, const ByteSource& source, const ReadLimits& limits) {
  const int64_t count = zip.member_count();
  if (count > limits.zip_members) {
    return absl::ResourceExhaustedError(absl::StrCat("it has ", count, " members; the limit is ", limits.zip_members));
  }
  std::vector<ZipMember> members;
  members.reserve(count);
  for (int64_t i = 0; i < count; ++i) {
    absl::StatusOr<ZipMember> member = zip.Member(i);
    if (!member.ok()) return member.status();
    members.push_back(*std::move(member));
  }
  if (absl::Status status = CheckNamesDiffer(members); !status.ok()) return status;
  if (absl::Status status = CheckDataDisjoint(members); !status.ok()) return status;
  if (members.empty()) return members;
  if (absl::Status status = CheckStart(source, members); !status.ok()) return status;
  return members;
}

// Why libzip refused the archive: it does not say which member is to blame, so a second handle looks without its checks. `error` is what
// it said, and `end` where its last read ended: in the local header that it did not like, if it came so far, else behind all members.
absl::Status Explain(const absl::Status& error, int64_t end, const ByteSourcePtr& source, const ReadLimits& limits) {
  ZipHandle zip(source);
  if (!absl::IsDataLoss(error) || !zip.Open(ZipHandle::Check::kNone).ok()) return error;
  const absl::StatusOr<std::vector<ZipMember>> members = ListMembers(zip, *source, limits);
  if (!members.ok()) return members.status();
  for (const ZipMember* member : ByOffset(*members)) {
    if (member->offset < end) continue;
    return absl::Status(error.code(),
                        absl::StrCat(Label(*member), ": its local header disagrees with the directory (", error.message(), ")"));
  }
  return absl::Status(error.code(), absl::StrCat(error.message(), ": its end records disagree, or bytes follow them"));
}

// Where the archive ends by its last end record, or nothing when there is none: the end record with its comment, nothing behind.
std::optional<int64_t> EndOfArchive(const ByteSource& source) {
  const int64_t begin = std::max<int64_t>(0, source.size() - kEndRecord - kLongestComment);
  std::string tail(source.size() - begin, '\0');
  if (!source.ReadAt(begin, absl::MakeSpan(tail)).ok()) return std::nullopt;
  const size_t found = tail.rfind("PK\x05\x06");
  if (found == std::string::npos) return std::nullopt;
  ByteCursor cursor(source, begin + static_cast<int64_t>(found), source.size());
  if (!cursor.Skip(kEndRecord - 2).ok()) return std::nullopt;
  const absl::StatusOr<uint16_t> comment_size = cursor.ReadU16();
  if (!comment_size.ok() || !cursor.Skip(*comment_size).ok()) return std::nullopt;
  return cursor.position();
}

// libzip refuses bytes behind the end record. So where it refuses an archive that has some, the archive is looked at without them, as
// strictly.
absl::StatusOr<std::unique_ptr<ZipHandle>> OpenHandle(const ByteSourcePtr& source, const ReadLimits& limits, int64_t& trailing_bytes) {
  auto zip = std::make_unique<ZipHandle>(source);
  const absl::Status status = zip->Open(ZipHandle::Check::kConsistency);
  trailing_bytes = 0;
  if (status.ok()) return zip;
  const std::optional<int64_t> end = absl::IsDataLoss(status) ? EndOfArchive(*source) : std::nullopt;
  if (end.has_value() && *end < source->size()) {
    absl::StatusOr<ByteSourcePtr> archive = MakeSliceSource(source->name(), source, 0, *end);
    if (!archive.ok()) return archive.status();
    auto strict = std::make_unique<ZipHandle>(*std::move(archive));
    trailing_bytes = source->size() - *end;
    if (strict->Open(ZipHandle::Check::kConsistency).ok()) return strict;
  }
  return Explain(status, zip->last_read_end(), source, limits);
}

absl::Status WithPath(const absl::Status& status, const ByteSource& source) {
  return absl::Status(status.code(), absl::StrCat("reading ", source.name(), ": zip: ", status.message()));
}

}  // namespace

ZipArchive::ZipArchive(ByteSourcePtr source, int64_t trailing_bytes, std::vector<ZipMember> members, std::shared_ptr<ZipInflater> inflater)
    : source_(std::move(source)), trailing_bytes_(trailing_bytes), members_(std::move(members)), inflater_(std::move(inflater)) {
  for (size_t i = 0; i < members_.size(); ++i) index_.emplace(members_[i].name, i);
}

absl::StatusOr<ZipArchive> ZipArchive::Open(ByteSourcePtr source, const ReadLimits& limits) {
  int64_t trailing_bytes = 0;
  absl::StatusOr<std::unique_ptr<ZipHandle>> zip = OpenHandle(source, limits, trailing_bytes);
  if (!zip.ok()) return WithPath(zip.status(), *source);
  absl::StatusOr<std::vector<ZipMember>> members = ListMembers(**zip, *source, limits);
  if (!members.ok()) return WithPath(members.status(), *source);
  return ZipArchive(std::move(source), trailing_bytes, *std::move(members), std::make_shared<ZipInflater>(*std::move(zip)));
}

const ZipMember* ZipArchive::Find(absl::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &members_[found->second];
}

SourceRange ZipArchive::Data(const ZipMember& member) const {
  if (!member.deflated) return {.source = source_, .offset = member.offset, .size = member.size};
  return {.source = MakeInflatedSource(inflater_, source_, member), .offset = 0, .size = member.size};
}

absl::StatusOr<std::string> ZipArchive::Head(const ZipMember& member, int64_t size) const {
  if (member.deflated) {
    absl::StatusOr<std::string> head = inflater_->Head(member, size);
    if (head.ok()) return head;
    return WithPath(absl::Status(head.status().code(), absl::StrCat(Label(member), ": ", head.status().message())), *source_);
  }
  std::string head(std::min(member.size, size), '\0');
  if (absl::Status status = source_->ReadAt(member.offset, absl::MakeSpan(head)); !status.ok()) return status;
  return head;
}

absl::Status CheckCrc32(const SourceRange& range, uint32_t expected) {
  constexpr int64_t kPiece = int64_t{1} << 20;
  std::string piece(std::min(range.size, kPiece), '\0');
  uint32_t crc = 0;
  for (int64_t done = 0; done < range.size; done += static_cast<int64_t>(piece.size())) {
    piece.resize(std::min(kPiece, range.size - done));
    if (absl::Status status = range.source->ReadAt(range.offset + done, absl::MakeSpan(piece)); !status.ok()) return status;
    crc = crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
  }
  if (crc == expected) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("its CRC-32 is %08x, the archive states %08x", crc, expected));
}

}  // namespace weighbridge
