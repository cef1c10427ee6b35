#include "fetch/file_hasher.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "openssl/evp.h"
#include "xxhash.h"

namespace weighbridge {
namespace {

// One of OpenSSL's digests; null for one that is not asked for.
class Digest {
 public:
  explicit Digest(const EVP_MD* algorithm) : context_(algorithm == nullptr ? nullptr : EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (context_ != nullptr) EVP_DigestInit_ex(context_.get(), algorithm, nullptr);
  }
  void Update(absl::string_view bytes) {
    if (context_ != nullptr) EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  std::string Finish() {
    if (context_ == nullptr) return "";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &size);
    return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

absl::Status Compare(absl::string_view kind, const std::string& expected, const std::string& found) {
  if (expected.empty() || found.empty() || expected == found) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(kind, " is ", found, ", expected is ", expected));
}

}  // namespace

absl::Status CompareHashes(const Hashes& expected, const Hashes& found) {
  for (absl::Status status : {Compare("sha256", expected.sha256, found.sha256), Compare("git sha1", expected.git_sha1, found.git_sha1),
                              Compare("md5", expected.md5, found.md5)}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

struct FileHasher::State {
  State(int64_t size, const Hashes& wanted)
      : sha256(EVP_sha256()),
        git_sha1(wanted.git_sha1.empty() ? nullptr : EVP_sha1()),
        md5(wanted.md5.empty() ? nullptr : EVP_md5()),
        chunk(XXH3_createState(), XXH3_freeState) {
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

FileDigests FileHasher::Finish() {
  if (state_->in_chunk > 0) state_->EndChunk();
  return {.hashes = {.sha256 = state_->sha256.Finish(), .git_sha1 = state_->git_sha1.Finish(), .md5 = state_->md5.Finish()},
          .chunks = std::move(state_->chunks)};
}

absl::StatusOr<MeasuredFile> MeasureFile(const std::string& path, const Hashes& wanted, absl::FunctionRef<bool(int64_t)> on_bytes) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return absl::NotFoundError(absl::StrCat(path, ": there is no such file"));
  if (file < 0) return absl::UnavailableError(absl::StrCat("opening ", path, ": ", std::strerror(errno)));
  const absl::Cleanup close_file = [file] { close(file); };
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return absl::FailedPreconditionError(absl::StrCat(path, ": is no file"));
  FileHasher hasher(status.st_size, wanted);
  std::vector<char> buffer(size_t{1} << 20);
  int64_t size = 0;
  while (true) {
    const ssize_t count = read(file, buffer.data(), buffer.size());
    if (count < 0) return absl::UnavailableError(absl::StrCat("reading ", path, ": ", std::strerror(errno)));
    if (count == 0) break;
    hasher.Update(absl::string_view(buffer.data(), static_cast<size_t>(count)));
    size += count;
    if (!on_bytes(count)) return absl::CancelledError("stopped");
  }
  return MeasuredFile{.size = size, .digests = hasher.Finish()};
}

}  // namespace weighbridge
