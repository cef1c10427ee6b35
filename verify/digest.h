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

// The content digest of architecture.md (Digests): says which elements a tensor has, whatever its name, container or sharding.
// Feed the row-major little-endian bytes in order, in pieces of any size.
class ContentDigest {
 public:
  explicit ContentDigest(const TensorSpec& spec);
  ~ContentDigest();
  ContentDigest(const ContentDigest&) = delete;
  ContentDigest& operator=(const ContentDigest&) = delete;

  void Update(absl::string_view bytes);
  // 16 bytes, canonical (big-endian). Call once, at the end.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// SHA-256, incrementally. Finish gives 32 bytes.
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
// lies in this very source is checked: DataLoss, naming it, when its CRC-32 is another. Fails as ReadAt does; Cancelled when `stop` (may
// be null) is set. `on_progress` (may be empty) is called with bytes read since the last call.
absl::StatusOr<std::string> DigestFile(const ByteSource& source, absl::Span<const ChecksummedRange> checksums, const std::atomic<bool>* stop,
                                       const std::function<void(int64_t)>& on_progress);

// Checks a single range: DataLoss, naming it, when its bytes have another CRC-32.
absl::Status CheckRange(const ChecksummedRange& range);

// Calls `update` with the row-major bytes of the tensor, in order, in pieces of at most `memory` bytes.
absl::Status ForEachPiece(const StoredTensor& tensor, int64_t memory, const std::function<void(absl::string_view)>& update);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_DIGEST_H_
