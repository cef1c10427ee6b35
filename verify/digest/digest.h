#ifndef WEIGHBRIDGE_VERIFY_DIGEST_DIGEST_H_
#define WEIGHBRIDGE_VERIFY_DIGEST_DIGEST_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// A content digest says which elements a tensor has, whatever its name, container or sharding: a hash over a header and the hash of each
// chunk of the row-major little-endian bytes (docs/manifest.md, Digests).
inline constexpr int64_t kDigestChunk = int64_t{1} << 20;

// The hash: XXH3-128, 16 bytes, canonical (big-endian), or SHA-256, 32 bytes.
enum class DigestKind { kXxh3, kSha256 };
int64_t DigestSize(DigestKind kind);

// The digests of consecutive chunks. Different threads may make those of different parts of a tensor.
class ChunkDigests {
 public:
  explicit ChunkDigests(DigestKind kind);
  ~ChunkDigests();
  ChunkDigests(const ChunkDigests&) = delete;
  ChunkDigests& operator=(const ChunkDigests&) = delete;

  // Takes the bytes in order, from the beginning of a chunk on, in pieces of any size.
  void Update(absl::string_view bytes);
  // DigestSize bytes for each chunk that Update brought bytes of; only a tensor's last may be shorter than kDigestChunk. Call once, at
  // the end. Fails as Sha256; XXH3 never fails.
  absl::StatusOr<std::string> Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The content digest of a tensor whose chunks have these digests, one after the other. Fails as Sha256; XXH3 never fails.
absl::StatusOr<std::string> ContentDigestOfChunks(DigestKind kind, const TensorSpec& spec, absl::string_view chunk_digests);

// The content digest of a tensor whose row-major bytes one thread has, in order.
class ContentDigest {
 public:
  explicit ContentDigest(TensorSpec spec, DigestKind kind = DigestKind::kXxh3);

  void Update(absl::string_view bytes) { chunks_.Update(bytes); }
  // DigestSize bytes. Call once, at the end. Fails as Sha256; XXH3 never fails.
  absl::StatusOr<std::string> Finish();

 private:
  DigestKind kind_;
  TensorSpec spec_;
  ChunkDigests chunks_;
};

// SHA-256, incrementally. A digest is always one that was computed: where OpenSSL refuses (a configuration that does not have the
// algorithm, no memory) Finish is Unavailable and says why.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(absl::string_view bytes);
  // 32 bytes. Call once, at the end.
  absl::StatusOr<std::string> Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Of these bytes. Fails as Sha256.
absl::StatusOr<std::string> Sha256Of(absl::string_view bytes);

// The SHA-256 of all bytes of `source`, read once from front to back through one buffer of 1 MiB. On the way every checksummed range that
// lies in this very source is checked; others are passed over. DataLoss, naming it, when its CRC-32 is another, or when it overlaps
// another range. Fails as ReadAt and Sha256 do; Cancelled when `stop` (may be null) is set. `on_progress` (may be empty) is called with
// bytes read since the last call.
absl::StatusOr<std::string> DigestFile(const ByteSource& source, absl::Span<const ChecksummedRange> checksums,
                                       const std::atomic<bool>* stop, const std::function<void(int64_t)>& on_progress);

// Checks a single range, through a buffer of 1 MiB: DataLoss, naming it, when its bytes have another CRC-32. Fails as ReadAt does.
absl::Status CheckRange(const ChecksummedRange& range);

// Calls `update` with the row-major bytes of the tensor, in order, in pieces of at most `memory` bytes, which is at least 16. Fails as
// ReadRegion does.
absl::Status ForEachPiece(const StoredTensor& tensor, int64_t memory, const std::function<void(absl::string_view)>& update);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_DIGEST_DIGEST_H_
