#include "verify/digest/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "isa-l/crc.h"
#include "verify/reference/row_major_box.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kDomainTag = "weighbridge.tensor.v1";
constexpr int64_t kBuffer = int64_t{1} << 20;

std::string Canonical(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  return std::string(reinterpret_cast<const char*>(canonical.digest), sizeof(canonical.digest));
}

template <typename Integer>
void AppendLittleEndian(Integer value, std::string& bytes) {
  for (size_t i = 0; i < sizeof(value); ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

uint32_t UpdateCrc32(uint32_t crc32, absl::string_view bytes) {
  return crc32_gzip_refl(crc32, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string ToText(const ChecksummedRange& range) {
  return absl::StrCat(range.source->name(), ": ", range.label);
}

absl::Status CheckCrc32(const ChecksummedRange& range, uint32_t crc32) {
  if (crc32 == range.crc32) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrFormat("%s: the bytes have the CRC-32 %08x, the container says %08x", ToText(range), crc32, range.crc32));
}

// Checks ranges of one source that is read from front to back.
class RangeChecker {
 public:
  RangeChecker(const ByteSource& source, absl::Span<const ChecksummedRange> checksums) {
    for (const ChecksummedRange& range : checksums) {
      if (range.source.get() == &source) ranges_.push_back(&range);
    }
    const auto key = [](const ChecksummedRange* range) { return std::tie(range->offset, range->size, range->crc32); };
    std::stable_sort(ranges_.begin(), ranges_.end(), [&](const auto* a, const auto* b) { return key(a) < key(b); });
    ranges_.erase(std::unique(ranges_.begin(), ranges_.end(), [&](const auto* a, const auto* b) { return key(a) == key(b); }),
                  ranges_.end());
  }

  // Members of a container never overlap; if they did, a small file could ask for any amount of work.
  absl::Status CheckDisjoint() const {
    for (size_t i = 1; i < ranges_.size(); ++i) {
      if (ranges_[i]->offset - ranges_[i - 1]->offset < ranges_[i - 1]->size) {
        return absl::DataLossError(absl::StrCat(ToText(*ranges_[i]), ": its bytes overlap those of ", ranges_[i - 1]->label));
      }
    }
    return absl::OkStatus();
  }

  // Takes the bytes from `offset` on, where the last ones ended.
  absl::Status Update(int64_t offset, absl::string_view bytes) {
    const int64_t end = offset + static_cast<int64_t>(bytes.size());
    while (next_ < ranges_.size() && ranges_[next_]->offset <= end) {
      const ChecksummedRange& range = *ranges_[next_];
      const int64_t begin = std::max(range.offset, offset);
      const int64_t wanted = std::min(range.size - (begin - range.offset), end - begin);
      crc32_ = UpdateCrc32(crc32_, bytes.substr(static_cast<size_t>(begin - offset), static_cast<size_t>(wanted)));
      if (range.size > end - range.offset) return absl::OkStatus();
      RETURN_IF_ERROR(CheckCrc32(range, crc32_));
      crc32_ = 0;
      ++next_;
    }
    return absl::OkStatus();
  }

  // DataLoss when a range was not reached.
  absl::Status Finish() const {
    if (next_ == ranges_.size()) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(ToText(*ranges_[next_]), ": its bytes lie beyond the end of the file"));
  }

 private:
  std::vector<const ChecksummedRange*> ranges_;  // By offset.
  size_t next_ = 0;                              // The range that is being read or comes next, and its CRC-32 so far.
  uint32_t crc32_ = 0;
};

}  // namespace

int64_t DigestSize(DigestKind kind) {
  return kind == DigestKind::kXxh3 ? 16 : 32;
}

// One hash after the other with one state.
struct ChunkDigests::State {
  explicit State(DigestKind kind) : kind(kind) {
    if (kind == DigestKind::kXxh3) {
      xxh3.reset(XXH3_createState());
      if (xxh3 == nullptr) throw std::bad_alloc();
    }
    Reset();
  }

  void Reset() {
    if (kind == DigestKind::kXxh3) {
      XXH3_128bits_reset(xxh3.get());
    } else {
      sha256.emplace();
    }
    in_chunk = 0;
  }

  void Update(absl::string_view bytes) {
    if (kind == DigestKind::kXxh3) {
      XXH3_128bits_update(xxh3.get(), bytes.data(), bytes.size());
    } else {
      sha256->Update(bytes);
    }
    in_chunk += static_cast<int64_t>(bytes.size());
  }

  void EndChunk() {
    if (kind == DigestKind::kXxh3) {
      digests += Canonical(XXH3_128bits_digest(xxh3.get()));
    } else if (absl::StatusOr<std::string> digest = sha256->Finish(); digest.ok()) {
      digests += *digest;
    } else {
      status.Update(digest.status());
    }
    Reset();
  }

  DigestKind kind;
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> xxh3{nullptr, XXH3_freeState};
  std::optional<Sha256> sha256;
  int64_t in_chunk = 0;  // Bytes of the current chunk so far.
  std::string digests;
  absl::Status status;
};

ChunkDigests::ChunkDigests(DigestKind kind) : state_(std::make_unique<State>(kind)) {}

ChunkDigests::~ChunkDigests() = default;

void ChunkDigests::Update(absl::string_view bytes) {
  while (!bytes.empty()) {
    const absl::string_view part = bytes.substr(0, static_cast<size_t>(kDigestChunk - state_->in_chunk));
    state_->Update(part);
    if (state_->in_chunk == kDigestChunk) state_->EndChunk();
    bytes.remove_prefix(part.size());
  }
}

absl::StatusOr<std::string> ChunkDigests::Finish() {
  if (state_->in_chunk > 0) state_->EndChunk();
  RETURN_IF_ERROR(state_->status);
  return std::move(state_->digests);
}

absl::StatusOr<std::string> ContentDigestOfChunks(DigestKind kind, const TensorSpec& spec, absl::string_view chunk_digests) {
  std::string bytes = absl::StrCat(kDomainTag, absl::string_view("\0", 1), DTypeName(spec.dtype), absl::string_view("\0", 1));
  AppendLittleEndian(static_cast<uint32_t>(spec.shape.size()), bytes);
  for (int64_t extent : spec.shape) AppendLittleEndian(static_cast<uint64_t>(extent), bytes);
  absl::StrAppend(&bytes, chunk_digests);
  if (kind == DigestKind::kXxh3) return Canonical(XXH3_128bits(bytes.data(), bytes.size()));
  return Sha256Of(bytes);
}

ContentDigest::ContentDigest(TensorSpec spec, DigestKind kind) : kind_(kind), spec_(std::move(spec)), chunks_(kind) {}

absl::StatusOr<std::string> ContentDigest::Finish() {
  ASSIGN_OR_RETURN(const std::string chunks, chunks_.Finish());
  return ContentDigestOfChunks(kind_, spec_, chunks);
}

struct Sha256::State {
  // Keeps the first failure. `done` is what a function of EVP returned.
  void Check(int done) {
    if (done == 1 || !status.ok()) return;
    const unsigned long error = ERR_get_error();  // NOLINT(google-runtime-int)
    ERR_clear_error();
    const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
    status = absl::UnavailableError(absl::StrCat("SHA-256 cannot be computed: OpenSSL: ", reason == nullptr ? "no reason given" : reason));
  }

  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  absl::Status status;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  state_->Check(state_->context == nullptr ? 0 : EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;

void Sha256::Update(absl::string_view bytes) {
  if (state_->status.ok()) state_->Check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

absl::StatusOr<std::string> Sha256::Finish() {
  std::string digest(32, '\0');
  if (state_->status.ok()) {
    state_->Check(EVP_DigestFinal_ex(state_->context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr));
  }
  RETURN_IF_ERROR(state_->status);
  return digest;
}

absl::StatusOr<std::string> Sha256Of(absl::string_view bytes) {
  Sha256 sha256;
  sha256.Update(bytes);
  return sha256.Finish();
}

absl::StatusOr<std::string> DigestFile(const ByteSource& source, absl::Span<const ChecksummedRange> checksums,
                                       const std::atomic<bool>* stop, const std::function<void(int64_t)>& on_progress) {
  RangeChecker checker(source, checksums);
  RETURN_IF_ERROR(checker.CheckDisjoint());
  Sha256 sha256;
  std::vector<char> buffer(static_cast<size_t>(std::min(kBuffer, source.size())));
  for (int64_t offset = 0; offset < source.size();) {
    if (stop != nullptr && stop->load()) return absl::CancelledError(absl::StrCat("reading ", source.name(), ": cancelled"));
    const absl::Span<char> part = absl::MakeSpan(buffer).subspan(0, static_cast<size_t>(std::min(kBuffer, source.size() - offset)));
    RETURN_IF_ERROR(source.ReadAt(offset, part));
    const absl::string_view bytes(part.data(), part.size());
    sha256.Update(bytes);
    RETURN_IF_ERROR(checker.Update(offset, bytes));
    offset += static_cast<int64_t>(part.size());
    if (on_progress) on_progress(static_cast<int64_t>(part.size()));
  }
  RETURN_IF_ERROR(checker.Update(source.size(), ""));
  RETURN_IF_ERROR(checker.Finish());
  return sha256.Finish();
}

absl::Status CheckRange(const ChecksummedRange& range) {
  std::vector<char> buffer(static_cast<size_t>(std::min(kBuffer, range.size)));
  uint32_t crc32 = 0;
  for (int64_t done = 0; done < range.size;) {
    const absl::Span<char> part = absl::MakeSpan(buffer).subspan(0, static_cast<size_t>(std::min(kBuffer, range.size - done)));
    RETURN_IF_ERROR(range.source->ReadAt(range.offset + done, part));
    crc32 = UpdateCrc32(crc32, absl::string_view(part.data(), part.size()));
    done += static_cast<int64_t>(part.size());
  }
  return CheckCrc32(range, crc32);
}

absl::Status ForEachPiece(const StoredTensor& tensor, int64_t memory, const std::function<void(absl::string_view)>& update) {
  const int64_t item = ItemSize(tensor.spec().dtype);
  const int64_t limit = std::min(memory, tensor.byte_size()) / item;
  std::vector<char> buffer(static_cast<size_t>(limit * item));
  for (int64_t position = 0; position < tensor.element_count();) {
    const Region box = RowMajorBox(tensor.spec().shape, position, limit);
    const int64_t count = ElementCountOf(box);
    const absl::Span<char> piece = absl::MakeSpan(buffer).subspan(0, static_cast<size_t>(count * item));
    RETURN_IF_ERROR(ReadRegion(tensor, box, piece));
    update(absl::string_view(piece.data(), piece.size()));
    position += count;
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
