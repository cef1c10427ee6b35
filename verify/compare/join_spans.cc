#include "verify/compare/join_spans.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status.h"
#include "formats/stored_tensor.h"
#include "verify/compare/compare.h"
#include "verify/compare/difference.h"
#include "verify/compare/value_statistics.h"
#include "verify/digest/digest.h"

namespace weighbridge {
namespace {

void Put(const std::string& digests, DigestKind kind, int64_t first_chunk, std::string& all) {
  all.replace(static_cast<size_t>(first_chunk * DigestSize(kind)), digests.size(), digests);
}

}  // namespace

SpanJoiner::SpanJoiner(const StoredTensor& actual, size_t spans) : spec_(actual.spec()), missing_(spans), differences_(spans) {
  const int64_t chunks = (actual.byte_size() + kDigestChunk - 1) / kDigestChunk;
  values_.resize(static_cast<size_t>(chunks));
  xxh3_.resize(static_cast<size_t>(chunks * DigestSize(DigestKind::kXxh3)));
  sha256_.resize(static_cast<size_t>(chunks * DigestSize(DigestKind::kSha256)));
}

bool SpanJoiner::Add(size_t number, SpanResult result) {
  loss_.Add(result.loss);
  differences_[number] = std::move(result.difference);
  std::copy(result.chunk_values.begin(), result.chunk_values.end(), values_.begin() + result.first_chunk);
  Put(result.chunk_xxh3, DigestKind::kXxh3, result.first_chunk, xxh3_);
  Put(result.chunk_sha256, DigestKind::kSha256, result.first_chunk, sha256_);
  return --missing_ == 0;
}

absl::StatusOr<ComparedTensor> SpanJoiner::Join() const {
  ComparedTensor joined;
  joined.loss = loss_;
  auto difference = std::make_unique<Difference>();
  for (const Difference& part : differences_) difference->Add(part);
  if (difference->elements > 0) joined.difference = std::move(difference);
  for (const ValueSums& values : values_) joined.values.Add(values);
  joined.content_xxh3 = ContentDigestOfChunks(DigestKind::kXxh3, spec_, xxh3_).value();  // XXH3 never fails.
  ASSIGN_OR_RETURN(joined.content_sha256, ContentDigestOfChunks(DigestKind::kSha256, spec_, sha256_));
  return joined;
}

}  // namespace weighbridge
