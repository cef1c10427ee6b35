#ifndef WEIGHBRIDGE_FETCH_DISK_FILE_HASHER_H_
#define WEIGHBRIDGE_FETCH_DISK_FILE_HASHER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fetch/disk/regular_file.h"

namespace weighbridge {

// What somebody states of one file's bytes, in lower-case hexadecimal; empty for those that are not known.
struct Hashes {
  std::string sha256;
  std::string git_sha1;  // Of the git blob: SHA-1 over "blob SIZE\0" and the bytes (docs/spec/fetching.md 1.7).
  std::string md5;

  bool empty() const { return sha256.empty() && git_sha1.empty() && md5.empty(); }
};

// Of two statements about one file: DataLoss, with both hashes, when one is known on both sides and differs.
absl::Status CheckAgree(const Hashes& expected, const Hashes& stated);

// All that the bytes of a file hash to.
struct FileDigests {
  Hashes hashes;
  // XXH3-128 of consecutive chunks of kLockChunk bytes, hexadecimal: where a file is damaged, not whether someone replaced it.
  std::vector<std::string> chunks;
};
inline constexpr int64_t kLockChunk = int64_t{8} << 20;

// Bytes against a statement: DataLoss, with both, when a hash differs; Internal when one that is stated was not measured, so that nothing
// passes for verified because a hash is missing.
absl::Status CheckMeasured(const Hashes& expected, const FileDigests& found);

// Takes a file's bytes in order. SHA-256 and the chunks always; the others where `wanted` has one.
class FileHasher {
 public:
  FileHasher(int64_t size, const Hashes& wanted);
  ~FileHasher();
  FileHasher(const FileHasher&) = delete;
  FileHasher& operator=(const FileHasher&) = delete;

  void Update(absl::string_view bytes);
  // Call once, at the end. Unimplemented, naming the digest, when OpenSSL does not compute one that is needed (a policy forbids it).
  absl::StatusOr<FileDigests> Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The MD5 of a text, in hexadecimal. Fails as Finish does.
absl::StatusOr<std::string> Md5Of(absl::string_view text);

// The digests of the file at `path`, and its size. Fails as OpenRegularFile and Finish do; Cancelled when `on_bytes`, which is told of
// every piece, returns false.
struct MeasuredFile {
  int64_t size = 0;
  FileDigests digests;
};
absl::StatusOr<MeasuredFile> MeasureFile(const std::string& path, Links links, const Hashes& wanted,
                                         absl::FunctionRef<bool(int64_t)> on_bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DISK_FILE_HASHER_H_
