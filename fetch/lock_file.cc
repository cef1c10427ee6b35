#include "fetch/lock_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "fetch/download/partial_file.h"
#include "fetch/file_hasher.h"
#include "fetch/uri.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

constexpr char kSchema[] = "weighbridge.weights_lock.v1";
constexpr size_t kMaxLockBytes = size_t{64} << 20;

class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (message_.empty()) message_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

bool IsHex(absl::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

absl::Status CheckHashes(const LockedFile& file) {
  if (!file.sha256().empty() && !IsHex(file.sha256(), 64)) return CheckSha256("-" + file.sha256());
  if (!file.git_sha1().empty() && !IsHex(file.git_sha1(), 40)) return absl::InvalidArgumentError("git_sha1 is no hash");
  if (!file.md5().empty() && !IsHex(file.md5(), 32)) return absl::InvalidArgumentError("md5 is no hash");
  if (!file.mirrors().empty() && file.sha256().empty()) return absl::InvalidArgumentError("mirrors want a sha256");
  if (file.chunk_xxh3_size() == 0) return absl::OkStatus();
  const int64_t chunks = file.chunk_size() <= 0 ? -1 : (file.size() + file.chunk_size() - 1) / file.chunk_size();
  bool good = chunks == file.chunk_xxh3_size();
  for (const std::string& chunk : file.chunk_xxh3()) good = good && IsHex(chunk, 32);
  return good ? absl::OkStatus() : absl::InvalidArgumentError("chunk_xxh3 does not go with the size");
}

absl::Status CheckFile(const LockedFile& file, bool has_address) {
  if (absl::Status status = CheckRelativePath(file.path()); !status.ok()) return status;
  if (file.uri().empty() && !has_address) return absl::InvalidArgumentError(absl::StrCat(file.path(), ": has no uri"));
  if (file.size() < 0) return absl::InvalidArgumentError(absl::StrCat(file.path(), ": size is negative"));
  if (absl::Status status = CheckHashes(file); !status.ok())
    return absl::InvalidArgumentError(absl::StrCat(file.path(), ": ", status.message()));
  if (!file.uri().empty()) {
    if (absl::StatusOr<Uri> uri = ParseUri(file.uri()); !uri.ok()) return uri.status();
  }
  for (const std::string& mirror : file.mirrors()) {
    if (absl::StatusOr<Uri> uri = ParseUri(mirror); !uri.ok()) return uri.status();
  }
  for (const RefusedContent& refused : file.refused()) {
    if (!IsHex(refused.sha256_prefix(), refused.sha256_prefix().size()) || refused.sha256_prefix().size() < 8) {
      return absl::InvalidArgumentError(absl::StrCat(file.path(), ": sha256_prefix wants 8 hexadecimal digits or more"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLock(const WeightsLock& lock) {
  if (lock.schema() != kSchema) return absl::InvalidArgumentError(absl::StrCat("schema is \"", lock.schema(), "\", wanted is ", kSchema));
  std::set<std::string> paths;
  for (const WeightsSource& source : lock.sources()) {
    if (!source.folder().empty()) {
      if (absl::Status status = CheckRelativePath(source.folder()); !status.ok()) return status;
    }
    if (!source.uri().empty()) {
      if (absl::StatusOr<Uri> uri = ParseUri(source.uri()); !uri.ok()) return uri.status();
    }
    for (const LockedFile& file : source.files()) {
      if (absl::Status status = CheckFile(file, !source.uri().empty()); !status.ok()) return status;
      if (!paths.insert(PathOf(source, file)).second) {
        return absl::InvalidArgumentError(absl::StrCat(PathOf(source, file), " is named twice"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<WeightsLock> ParseWeightsLock(absl::string_view text, absl::string_view origin) {
  WeightsLock lock;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(std::string(text), &lock)) return absl::InvalidArgumentError(absl::StrCat(origin, ":", error.message()));
  if (absl::Status status = CheckLock(lock); !status.ok()) return absl::InvalidArgumentError(absl::StrCat(origin, ": ", status.message()));
  return lock;
}

absl::StatusOr<WeightsLock> ReadWeightsLock(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory) return absl::NotFoundError(absl::StrCat(path, ": there is no such file"));
  if (error) return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
  if (size > kMaxLockBytes) return absl::ResourceExhaustedError(absl::StrCat(path, ": is too large for a lock"));
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (stream.bad() || text.size() != size) return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
  return ParseWeightsLock(text, path);
}

absl::Status WriteWeightsLock(const WeightsLock& lock, const std::string& path) {
  WeightsLock stamped = lock;
  stamped.set_schema(kSchema);
  std::string text;
  google::protobuf::TextFormat::PrintToString(stamped, &text);
  return WriteFileAtomically(path, text);
}

std::string PathOf(const WeightsSource& source, const LockedFile& file) {
  return absl::StrCat(source.folder(), source.folder().empty() ? "" : "/", file.path());
}

Hashes HashesOf(const LockedFile& file) {
  return {.sha256 = file.sha256(), .git_sha1 = file.git_sha1(), .md5 = file.md5()};
}

absl::StatusOr<std::optional<LockedOrigin>> FindOrigin(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error).lexically_normal();
  for (fs::path folder = absolute.parent_path();; folder = folder.parent_path()) {
    const fs::path lock_path = folder / kLockName;
    if (fs::exists(lock_path, error)) {
      absl::StatusOr<WeightsLock> lock = ReadWeightsLock(lock_path.string());
      if (!lock.ok()) return lock.status();
      const std::string wanted = absolute.lexically_relative(folder).generic_string();
      for (const WeightsSource& source : lock->sources()) {
        for (const LockedFile& file : source.files()) {
          if (PathOf(source, file) != wanted) continue;
          return LockedOrigin{.uri = file.uri(), .revision = source.revision(), .sha256 = file.sha256()};
        }
      }
      return std::nullopt;
    }
    if (folder == folder.parent_path()) return std::nullopt;
  }
}

}  // namespace weighbridge
