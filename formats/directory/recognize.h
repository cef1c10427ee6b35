#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_RECOGNIZE_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_RECOGNIZE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {

// What a file is, as far as choosing its reader goes.
enum class FileKind {
  kTorchZip,
  kTorchLegacy,
  kTorchTar,
  kSafetensors,
  kPaddlePickle,      // Any bare pickle: of Paddle's state dict, or of numpy's arrays.
  kPaddleLodTensors,  // .pdiparams, or one parameter.
  kNpy,
  kNpz,
  kShardIndex,  // JSON.
};

// Tells a file's kind by its content (docs/spec/formats.md 1.1); it reads the first bytes and promises nothing about the rest. Only where
// these say nothing at all does the name decide, so that the reader that the user meant can say what is wrong. But a .distcp is refused by
// its name.
//
// Unimplemented, saying what it is: something that users have in hand and that is not read: GGUF, gzip, HDF5, an error page, a Git LFS
// pointer, … or nothing that is known. DataLoss: it is empty or too short to say anything, or zeros as an interrupted download leaves them.
// Otherwise as ByteSource::ReadAt. Messages begin with "reading PATH: ".
absl::StatusOr<FileKind> RecognizeFile(const ByteSource& source);

// Unimplemented, saying what it is, when a file begins as something that stands in the place of another: a Git LFS pointer, or a web page
// with an error. For files of other kinds than weights, which everybody else would call damaged.
absl::Status CheckIsNoStandIn(absl::string_view head);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_RECOGNIZE_H_
