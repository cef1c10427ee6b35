#include "fuzz/checkpoint_targets.h"

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/read_weights.h"
#include "formats/directory/recognize.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {
namespace {

// A small file may have a million tensors over the same bytes: enough is read to touch all that is small.
constexpr int64_t kMostBytes = int64_t{16} << 20;

// "NAME float32 [2, 3] HASH" for each tensor, and the remarks.
absl::StatusOr<std::string> Describe(const absl::StatusOr<Checkpoint>& checkpoint) {
  if (!checkpoint.ok()) return checkpoint.status();
  for (const ChecksummedRange& range : checkpoint->checksums) {
    RETURN_IF_ERROR(CheckCrc32({.source = range.source, .offset = range.offset, .size = range.size}, range.crc32));
  }
  std::string text;
  int64_t left = kMostBytes;
  for (const CheckpointTensor& row : checkpoint->tensors()) {
    absl::StrAppend(&text, row.name, " ", row.tensor_name, " ", ToString(row.tensor.spec()), " ");
    if (row.tensor.byte_size() <= left) {
      left -= row.tensor.byte_size();
      std::string bytes(row.tensor.byte_size(), '\0');
      RETURN_IF_ERROR(ReadRegion(row.tensor, WholeRegion(row.tensor.spec().shape), absl::MakeSpan(bytes)));
      absl::StrAppend(&text, std::hash<std::string>()(bytes));
    }
    absl::StrAppend(&text, "\n");
  }
  for (const std::string& remark : checkpoint->remarks) absl::StrAppend(&text, remark, "\n");
  for (const std::string& sentence : checkpoint->unlisted) absl::StrAppend(&text, sentence, "\n");
  return text;
}

absl::StatusOr<std::string> ReadAs(FileKind kind, const std::string& bytes) {
  return Describe(ReadWeights(kind, MakeMemorySource("input", bytes), ReadLimits()));
}

}  // namespace

absl::StatusOr<std::string> FuzzWeights(const std::string& bytes) {
  ASSIGN_OR_RETURN(const FileKind kind, RecognizeFile(*MakeMemorySource("input", bytes)));
  return ReadAs(kind, bytes);
}

absl::StatusOr<std::string> FuzzTorchZip(const std::string& bytes) {
  return ReadAs(FileKind::kTorchZip, bytes);
}

absl::StatusOr<std::string> FuzzTorchLegacy(const std::string& bytes) {
  return ReadAs(FileKind::kTorchLegacy, bytes);
}

absl::StatusOr<std::string> FuzzTorchTar(const std::string& bytes) {
  return ReadAs(FileKind::kTorchTar, bytes);
}

absl::StatusOr<std::string> FuzzPaddle(const std::string& bytes) {
  return ReadAs(FileKind::kPaddlePickle, bytes);
}

absl::StatusOr<std::string> FuzzLodTensors(const std::string& bytes) {
  return ReadAs(FileKind::kPaddleLodTensors, bytes);
}

absl::StatusOr<std::string> FuzzNpy(const std::string& bytes) {
  return ReadAs(FileKind::kNpy, bytes);
}

absl::StatusOr<std::string> FuzzNpz(const std::string& bytes) {
  return ReadAs(FileKind::kNpz, bytes);
}

absl::StatusOr<std::string> FuzzSafetensors(const std::string& bytes) {
  return ReadAs(FileKind::kSafetensors, bytes);
}

}  // namespace weighbridge
