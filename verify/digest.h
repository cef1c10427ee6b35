#ifndef WEIGHBRIDGE_VERIFY_DIGEST_H_
#define WEIGHBRIDGE_VERIFY_DIGEST_H_

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

// The content digest of architecture.md (Digests) says which elements a tensor has, whatever its name, container or sharding:
// XXH3-128 over a header and the XXH3-128 of each chunk of the row-major little-endian bytes. docs/manifest.md has the formula.
inline constexpr int64_t kDigestChunk = int64_t{1} << 20;

// The digests of consecutive chunks. Different threads may make those of different parts of a tensor.
class ChunkDigests {
 public:
  ChunkDigests();
  ~ChunkDigests();
  ChunkDigests(const ChunkDigests&) = delete;
  ChunkDigests& operator=(const ChunkDigests&) = delete;

  // Takes the bytes in order, from the beginning of a chunk on, in pieces of any size.
  void Update(absl::string_view bytes);
  // 16 bytes, canonical (big-endian), for each chunk that Update brought bytes of; only a tensor's last may be shorter than
  // kDigestChunk. Call once, at the end.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The content digest of a tensor whose chunks have these digests, 16 bytes each, in order: 16 bytes, canonical.
std::string ContentDigestOfChunks(const TensorSpec& spec, absl::string_view chunk_digests);

// The content digest of a tensor whose row-major bytes one thread has, in order.
class ContentDigest {
 public:
  explicit ContentDigest(TensorSpec spec);

  void Update(absl::string_view bytes) { chunks_.Update(bytes); }
  // 16 bytes, canonical. Call once, at the end.
  std::string Finish() { return ContentDigestOfChunks(spec_, chunks_.Finish()); }

 private:
  TensorSpec spec_;
  ChunkDigests chunks_;
};

// SHA-256, incrementally. Finish gives 32 bytes; call it once, at the end.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(absl::string_view bytes);
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The SHA-256 of all bytes of `source`, read once from front to back through one buffer of 1 MiB. On the way every checksummed range that
// lies in this very source is checked; others are passed over. DataLoss, naming it, when its CRC-32 is another, or when it overlaps
// another range. Fails as ReadAt does; Cancelled when `stop` (may be null) is set. `on_progress` (may be empty) is called with bytes
// read since the last call.
absl::StatusOr<std::string> DigestFile(const ByteSource& source, absl::Span<const ChecksummedRange> checksums,
                                       const std::atomic<bool>* stop, const std::function<void(int64_t)>& on_progress);

// Checks a single range, through a buffer of 1 MiB: DataLoss, naming it, when its bytes have another CRC-32. Fails as ReadAt does.
absl::Status CheckRange(const ChecksummedRange& range);

// Calls `update` with the row-major bytes of the tensor, in order, in pieces of at most `memory` bytes, which is at least 16. Fails as
// ReadRegion does.
absl::Status ForEachPiece(const StoredTensor& tensor, int64_t memory, const std::function<void(absl::string_view)>& update);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_DIGEST_H_
