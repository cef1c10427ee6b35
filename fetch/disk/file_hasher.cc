#include "fetch/disk/file_hasher.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "base/status.h"
#include "fetch/disk/disk_error.h"
#include "fetch/disk/regular_file.h"
#include "openssl/evp.h"
#include "xxhash.h"

namespace weighbridge {
namespace {

// One of OpenSSL's digests; none when it is not asked for. What fails once is told at the end.
class Digest {
 public:
  Digest(const char* name, const EVP_MD* algorithm, bool wanted)
      : name_(name), context_(wanted ? EVP_MD_CTX_new() : nullptr, EVP_MD_CTX_free), wanted_(wanted) {
    good_ = context_ != nullptr && EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1;
  }
  void Update(absl::string_view bytes) {
    if (wanted_ && good_) good_ = EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  }
  // "" when it is not wanted.
  absl::StatusOr<std::string> Finish() {
    if (!wanted_) return "";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    good_ = good_ && EVP_DigestFinal_ex(context_.get(), digest, &size) == 1;
    if (!good_) return absl::UnimplementedError(absl::StrCat("OpenSSL does not compute ", name_, " here, so nothing can be verified"));
    return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
  }

 private:
  const char* name_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  bool wanted_;
  bool good_ = false;
};

absl::Status Differ(absl::string_view kind, const std::string& expected, const std::string& found) {
  return absl::DataLossError(absl::StrCat(kind, " is ", found, ", expected ", expected));
}

struct Pair {
  absl::string_view kind;
  const std::string& expected;
  const std::string& found;
};

std::array<Pair, 3> PairsOf(const Hashes& expected, const Hashes& found) {
  return {Pair{"sha256", expected.sha256, found.sha256}, Pair{"git sha1", expected.git_sha1, found.git_sha1},
          Pair{"md5", expected.md5, found.md5}};
}

}  // namespace

absl::Status CheckAgree(const Hashes& expected, const Hashes& stated) {
  for (const Pair& pair : PairsOf(expected, stated)) {
    const bool known = !pair.expected.empty() && !pair.found.empty();
    if (known && pair.expected != pair.found) return Differ(pair.kind, pair.expected, pair.found);
  }
  return absl::OkStatus();
}

absl::Status CheckMeasured(const Hashes& expected, const FileDigests& found) {
  for (const Pair& pair : PairsOf(expected, found.hashes)) {
    if (pair.expected.empty()) continue;
    if (pair.found.empty()) return absl::InternalError(absl::StrCat(pair.kind, " is stated and was not measured"));
    if (pair.expected != pair.found) return Differ(pair.kind, pair.expected, pair.found);
  }
  return absl::OkStatus();
}

struct FileHasher::State {
  State(int64_t size, const Hashes& wanted)
      : sha256("SHA-256", EVP_sha256(), /*wanted=*/true),
        git_sha1("SHA-1", EVP_sha1(), !wanted.git_sha1.empty()),
        md5("MD5", EVP_md5(), !wanted.md5.empty()),
        chunk(XXH3_createState(), XXH3_freeState) {
    if (chunk == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(chunk.get());
    git_sha1.Update(absl::string_view(absl::StrCat("blob ", size, absl::string_view("\0", 1))));
  }

  void EndChunk() {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(chunk.get()));
    chunks.push_back(absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(canonical.digest), sizeof(canonical.digest))));
    XXH3_128bits_reset(chunk.get());
    in_chunk = 0;
  }

  Digest sha256;
  Digest git_sha1;
  Digest md5;
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> chunk;
  int64_t in_chunk = 0;  // Bytes.
  std::vector<std::string> chunks;
};

FileHasher::FileHasher(int64_t size, const Hashes& wanted) : state_(std::make_unique<State>(size, wanted)) {}
FileHasher::~FileHasher() = default;

void FileHasher::Update(absl::string_view bytes) {
  state_->sha256.Update(bytes);
  state_->git_sha1.Update(bytes);
  state_->md5.Update(bytes);
  while (!bytes.empty()) {
    const absl::string_view piece = bytes.substr(0, static_cast<size_t>(kLockChunk - state_->in_chunk));
    XXH3_128bits_update(state_->chunk.get(), piece.data(), piece.size());
    state_->in_chunk += static_cast<int64_t>(piece.size());
    if (state_->in_chunk == kLockChunk) state_->EndChunk();
    bytes.remove_prefix(piece.size());
  }
}

absl::StatusOr<FileDigests> FileHasher::Finish() {
  if (state_->in_chunk > 0) state_->EndChunk();
  FileDigests digests;
  ASSIGN_OR_RETURN(digests.hashes.sha256, state_->sha256.Finish());
  ASSIGN_OR_RETURN(digests.hashes.git_sha1, state_->git_sha1.Finish());
  ASSIGN_OR_RETURN(digests.hashes.md5, state_->md5.Finish());
  digests.chunks = std::move(state_->chunks);
  return digests;
}

absl::StatusOr<std::string> Md5Of(absl::string_view text) {
  Digest md5("MD5", EVP_md5(), /*wanted=*/true);
  md5.Update(text);
  return md5.Finish();
}

absl::StatusOr<MeasuredFile> MeasureFile(const std::string& path, Links links, const Hashes& wanted,
                                         absl::FunctionRef<bool(int64_t)> on_bytes) {
  ASSIGN_OR_RETURN(const FileDescriptor file, OpenRegularFile(path, links));
  struct stat status;
  if (fstat(file.number(), &status) != 0) return DiskError(absl::ErrnoToStatus(errno, path));
  FileHasher hasher(status.st_size, wanted);
  std::vector<char> buffer(size_t{1} << 20);
  int64_t size = 0;
  while (true) {
    ASSIGN_OR_RETURN(const size_t count, ReadAt(file.number(), path, size, absl::MakeSpan(buffer)), DiskError(_));
    if (count == 0) break;
    hasher.Update(absl::string_view(buffer.data(), count));
    size += static_cast<int64_t>(count);
    if (!on_bytes(static_cast<int64_t>(count))) return absl::CancelledError("stopped");
  }
  ASSIGN_OR_RETURN(FileDigests digests, hasher.Finish());
  return MeasuredFile{.size = size, .digests = std::move(digests)};
}

}  // namespace weighbridge
