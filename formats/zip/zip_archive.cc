#include "formats/zip/zip_archive.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/read_limits.h"
#include "formats/zip/zip_directory.h"
#include "formats/zip/zip_handle.h"
#include "formats/zip/zip_inflater.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {
namespace {

// Only inflating needs libzip, so archives of stored members are read alike with every version of it.
absl::StatusOr<std::shared_ptr<ZipInflater>> OpenInflater(const ByteSourcePtr& source, const ZipDirectory& directory) {
  if (std::none_of(directory.members.begin(), directory.members.end(), [](const ZipMember& m) { return m.deflated; })) return nullptr;
  ASSIGN_OR_RETURN(ByteSourcePtr archive, MakeSliceSource(source->name(), source, 0, directory.archive_end));
  auto zip = std::make_unique<ZipHandle>(std::move(archive));
  RETURN_IF_ERROR(zip->Open(directory.members));
  return std::make_shared<ZipInflater>(std::move(zip));
}

absl::Status WithPath(const absl::Status& status, const ByteSource& source) {
  return Annotate(status, absl::StrCat("reading ", source.name(), ": zip"));
}

}  // namespace

ZipArchive::ZipArchive(ByteSourcePtr source, int64_t trailing_bytes, std::vector<ZipMember> members, std::shared_ptr<ZipInflater> inflater)
    : source_(std::move(source)), trailing_bytes_(trailing_bytes), members_(std::move(members)), inflater_(std::move(inflater)) {
  for (size_t i = 0; i < members_.size(); ++i) index_.emplace(members_[i].name, i);
}

absl::StatusOr<ZipArchive> ZipArchive::Open(ByteSourcePtr source, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(ZipDirectory directory, ReadZipDirectory(*source, limits), WithPath(_, *source));
  ASSIGN_OR_RETURN(std::shared_ptr<ZipInflater> inflater, OpenInflater(source, directory), WithPath(_, *source));
  const int64_t trailing_bytes = source->size() - directory.archive_end;
  return ZipArchive(std::move(source), trailing_bytes, std::move(directory.members), std::move(inflater));
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
    return WithPath(Annotate(head.status(), Label(member)), *source_);
  }
  std::string head(std::min(member.size, size), '\0');
  RETURN_IF_ERROR(source_->ReadAt(member.offset, absl::MakeSpan(head)));
  return head;
}

absl::Status CheckCrc32(const SourceRange& range, uint32_t expected) {
  constexpr int64_t kPiece = int64_t{1} << 20;
  std::string piece(std::min(range.size, kPiece), '\0');
  uint32_t crc = 0;
  for (int64_t done = 0; done < range.size; done += static_cast<int64_t>(piece.size())) {
    piece.resize(std::min(kPiece, range.size - done));
    RETURN_IF_ERROR(range.source->ReadAt(range.offset + done, absl::MakeSpan(piece)));
    crc = crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
  }
  if (crc == expected) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("its CRC-32 is %08x, the archive states %08x", crc, expected));
}

}  // namespace weighbridge
