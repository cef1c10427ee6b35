#include "formats/zip/zip_handle.h"

#include <zip.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {
namespace {

constexpr int64_t kPiece = int64_t{256} << 10;

}  // namespace

// What libzip's callback works on.
struct ZipHandle::Reader {
  ByteSourcePtr source;
  int64_t position = 0;
  absl::Status status;  // The first read that failed.

  zip_int64_t Read(char* buffer, zip_uint64_t size) {
    const int64_t count = std::min<uint64_t>(size, source->size() - position);
    if (absl::Status read = source->ReadAt(position, absl::MakeSpan(buffer, count)); !read.ok()) {
      status.Update(read);
      return -1;
    }
    position += count;
    return count;
  }

  zip_int64_t Seek(void* arguments, zip_uint64_t size) {
    const zip_int64_t target = zip_source_seek_compute_offset(position, source->size(), arguments, size, nullptr);
    if (target < 0) return -1;
    position = target;
    return 0;
  }

  zip_int64_t Stat(zip_stat_t* stat) const {
    zip_stat_init(stat);
    stat->size = source->size();
    stat->valid |= ZIP_STAT_SIZE;
    return sizeof(*stat);
  }

  static zip_int64_t Callback(void* self, void* data, zip_uint64_t size, zip_source_cmd_t command) {
    Reader& reader = *static_cast<Reader*>(self);
    switch (command) {
      case ZIP_SOURCE_OPEN:
        reader.position = 0;
        return 0;
      case ZIP_SOURCE_READ:
        return reader.Read(static_cast<char*>(data), size);
      case ZIP_SOURCE_SEEK:
        return reader.Seek(data, size);
      case ZIP_SOURCE_TELL:
        return reader.position;
      case ZIP_SOURCE_STAT:
        return reader.Stat(static_cast<zip_stat_t*>(data));
      case ZIP_SOURCE_CLOSE:
      case ZIP_SOURCE_FREE:
      case ZIP_SOURCE_ACCEPT_EMPTY:
        return 0;
      case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_SEEKABLE | ZIP_SOURCE_MAKE_COMMAND_BITMASK(ZIP_SOURCE_ACCEPT_EMPTY);
      case ZIP_SOURCE_ERROR: {
        auto* codes = static_cast<int*>(data);
        codes[0] = ZIP_ER_READ;
        codes[1] = 0;
        return 2 * sizeof(int);
      }
      default:
        return -1;
    }
  }
};

ZipHandle::ZipHandle(ByteSourcePtr source) : reader_(std::make_unique<Reader>()) {
  reader_->source = std::move(source);
}

ZipHandle::~ZipHandle() {
  if (zip_ != nullptr) zip_discard(zip_);
}

absl::Status ZipHandle::StatusOf(zip_error_t& error) const {
  if (!reader_->status.ok()) return reader_->status;
  const std::string message = zip_error_strerror(&error);
  if (zip_error_code_zip(&error) == ZIP_ER_MEMORY) return absl::ResourceExhaustedError(message);
  return absl::DataLossError(message);
}

absl::Status ZipHandle::Open(absl::Span<const ZipMember> members) {
  zip_error_t error;
  zip_error_init(&error);
  const auto finish = absl::MakeCleanup([&error] { zip_error_fini(&error); });
  zip_source_t* source = zip_source_function_create(&Reader::Callback, reader_.get(), &error);
  if (source == nullptr) return StatusOf(error);
  zip_ = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (zip_ == nullptr) {
    zip_source_free(source);
    return StatusOf(error);
  }
  if (const int64_t count = zip_get_num_entries(zip_, 0); count != static_cast<int64_t>(members.size())) {
    return absl::DataLossError(absl::StrCat("libzip finds ", count, " members, the directory has ", members.size()));
  }
  for (const ZipMember& member : members) {
    RETURN_IF_ERROR(CheckSame(member));
  }
  return absl::OkStatus();
}

absl::Status ZipHandle::CheckSame(const ZipMember& member) {
  zip_stat_t stat;
  if (zip_stat_index(zip_, member.index, ZIP_FL_ENC_RAW, &stat) != 0) return StatusOf(*zip_get_error(zip_));
  if (member.name == stat.name && member.deflated == (stat.comp_method == ZIP_CM_DEFLATE) &&
      static_cast<uint64_t>(member.stored_size) == stat.comp_size && static_cast<uint64_t>(member.size) == stat.size &&
      member.crc32 == stat.crc) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(Label(member), ": libzip finds something else in its place"));
}

absl::Status ZipHandle::Inflate(const ZipMember& member, absl::FunctionRef<absl::Status(absl::Span<const char>)> sink) {
  zip_file_t* file = zip_fopen_index(zip_, member.index, 0);
  if (file == nullptr) return StatusOf(*zip_get_error(zip_));
  const auto close = absl::MakeCleanup([file] { zip_fclose(file); });
  std::vector<char> piece(kPiece);
  int64_t done = 0;
  while (true) {
    const zip_int64_t count = zip_fread(file, piece.data(), piece.size());
    if (count < 0) {
      zip_error_t& error = *zip_file_get_error(file);
      // libzip compares with the checksum at the stream's end, also where none was made.
      if (zip_error_code_zip(&error) == ZIP_ER_CRC && member.crc32 == 0 && done == member.size) return absl::OkStatus();
      return StatusOf(error);
    }
    if (count > member.size - done) return absl::DataLossError(absl::StrCat("inflates to more than its ", member.size, " bytes"));
    if (count == 0) break;
    RETURN_IF_ERROR(sink(absl::MakeConstSpan(piece).first(count)));
    done += count;
  }
  if (done != member.size) return absl::DataLossError(absl::StrCat("inflates to ", done, " bytes, not its ", member.size));
  return absl::OkStatus();
}

}  // namespace weighbridge
