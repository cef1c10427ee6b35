#include "fetch/lock/lock_file.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/disk/regular_file.h"
#include "fetch/download/partial_file.h"
#include "fetch/lock/check_lock.h"
#include "fetch/lock/queries.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

constexpr int64_t kMaxLockBytes = int64_t{64} << 20;

class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (message_.empty()) message_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

}  // namespace

absl::StatusOr<WeightsLock> ParseWeightsLock(absl::string_view text, absl::string_view origin) {
  if (static_cast<int64_t>(text.size()) > kMaxLockBytes) {
    return absl::ResourceExhaustedError(absl::StrCat(origin, ": is too large for a lock"));
  }
  WeightsLock lock;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(std::string(text), &lock)) return absl::InvalidArgumentError(absl::StrCat(origin, ":", error.message()));
  RETURN_IF_ERROR(CheckWeightsLock(lock), absl::InvalidArgumentError(absl::StrCat(origin, ": ", _.message())));
  return lock;
}

absl::StatusOr<WeightsLock> ReadWeightsLock(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(path, kMaxLockBytes));
  return ParseWeightsLock(text, path);
}

absl::Status WriteWeightsLock(const WeightsLock& lock, const std::string& path) {
  WeightsLock stamped = lock;
  stamped.set_schema(kLockSchema);
  Queries left_behind;
  RETURN_IF_ERROR(TakeQueries(stamped, left_behind));
  std::string text;
  google::protobuf::TextFormat::PrintToString(stamped, &text);
  RETURN_IF_ERROR(ParseWeightsLock(text, path).status());
  return WriteFileAtomically(path, text);
}

Hashes HashesOf(const LockedFile& file) {
  return {.sha256 = file.sha256(), .git_sha1 = file.git_sha1(), .md5 = file.md5()};
}

}  // namespace weighbridge
