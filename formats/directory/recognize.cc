#include "formats/directory/recognize.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/numpy/read_numpy.h"
#include "formats/paddle/read_lod_tensors.h"
#include "formats/torch/read_torch.h"
#include "formats/torch/tar_archive.h"

namespace weighbridge {
namespace {

constexpr int64_t kHeadSize = 512;

struct Signature {
  size_t offset;
  absl::string_view bytes;
  absl::string_view what;
};

// What is well formed and not read here.
constexpr Signature kRefused[] = {
    {0, "GGUF", "a GGUF file, of llama.cpp"},
    {0, "\x1f\x8b", "a gzip file; unpack it first"},
    {0, "BZh", "a bzip2 file; unpack it first"},
    {0, "7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"},
    {0,
     "\xfd"
     "7zXZ",
     "an xz file; unpack it first"},
    {0, "\x28\xb5\x2f\xfd", "a zstd file; unpack it first"},
    {0, "PK\x05\x06", "a zip archive without members"},
    {0, "\x89HDF", "an HDF5 file"},
    {0, "\x89PNG", "a PNG image"},
    {0, absl::string_view("\0\5\x16\7", 4),
     "what macOS left beside a file of that name without \"._\" (AppleDouble), which is the one that is meant"},
    {0, absl::string_view("\0\0\0\1Bud1", 8), "a .DS_Store of macOS"},
};

bool LooksLikeMarkup(absl::string_view head) {
  head = absl::StripLeadingAsciiWhitespace(head);
  return absl::StartsWithIgnoreCase(head, "<!doctype") || absl::StartsWithIgnoreCase(head, "<html") || absl::StartsWith(head, "<?xml");
}

// A u64 that may be the length of a header, then the header's brace. A length beyond what is allowed still is one: its reader says so.
bool LooksLikeSafetensors(const ByteSource& source) {
  ByteCursor cursor(source);
  return cursor.ReadU64().value_or(UINT64_MAX) < uint64_t{1} << 40 && cursor.ReadU8().value_or(0) == '{';
}

// Whether the file begins with a length that fits into it, whatever follows: u64, so zeros stand where a pickle has opcodes. But after
// PROTO and FRAME a pickle has such a length too.
bool BeginsWithALength(const ByteSource& source, absl::string_view head) {
  const absl::StatusOr<uint64_t> length = ByteCursor(source).ReadU64();
  if (!length.ok() || (head[0] == '\x80' && head[2] == '\x95')) return false;
  return *length > 0 && *length <= UINT32_MAX && static_cast<int64_t>(*length) < source.size();
}

// PROTO, or an opcode with which protocols 0 and 1 begin. After GLOBAL the names of a module and of what it holds follow, in letters.
bool LooksLikePickle(absl::string_view head) {
  if (head[0] != 'c') return head[0] == '\x80' || absl::StrContains("(])}IJKLMNFGSTUVX.", head.substr(0, 1));
  const absl::string_view names = head.substr(0, head.find('\n', std::min(head.find('\n'), head.size() - 1) + 1));
  return std::none_of(names.begin(), names.end(), [](char c) { return c != '\n' && (absl::ascii_iscntrl(c) || !absl::ascii_isascii(c)); });
}

// Whether a pickle begins with a long integer, after PROTO and FRAME.
bool BeginsWithLong(absl::string_view pickle) {
  if (pickle[0] == '\x80') pickle.remove_prefix(std::min<size_t>(2, pickle.size()));
  if (absl::StartsWith(pickle, "\x95")) pickle.remove_prefix(std::min<size_t>(9, pickle.size()));
  return absl::StartsWith(pickle, "\x8a") || absl::StartsWith(pickle, "\x8b") || absl::StartsWith(pickle, "L");
}

std::optional<FileKind> KindOfReadable(const ByteSource& source, absl::string_view head) {
  if (LooksLikeZip(source)) return LooksLikeNpz(source) ? FileKind::kNpz : FileKind::kTorchZip;
  if (LooksLikeTar(source)) return FileKind::kTorchTar;
  if (LooksLikeNpy(source)) return FileKind::kNpy;
  if (LooksLikeLodTensors(source)) return FileKind::kPaddleLodTensors;
  if (LooksLikeSafetensors(source)) return FileKind::kSafetensors;
  if (LooksLikeTorchLegacy(source)) return FileKind::kTorchLegacy;
  if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(head), "{")) return FileKind::kShardIndex;
  // A number is nothing that Paddle saves. It may be a magic number that torch did not have yet; torch's reader says so.
  // A damaged header of safetensors is told as such: many lengths begin as a pickle does.
  if (LooksLikePickle(head) && BeginsWithALength(source, head)) return FileKind::kSafetensors;
  const bool has_protocol = head[0] == '\x80';
  if (LooksLikePickle(head) && !has_protocol && absl::EndsWith(source.name(), ".safetensors")) return FileKind::kSafetensors;
  if (LooksLikePickle(head)) return BeginsWithLong(head) ? FileKind::kTorchLegacy : FileKind::kPaddlePickle;
  return std::nullopt;
}

std::optional<FileKind> KindOfName(absl::string_view name) {
  if (absl::EndsWith(name, ".safetensors")) return FileKind::kSafetensors;
  if (absl::EndsWith(name, ".json")) return FileKind::kShardIndex;
  return std::nullopt;
}

absl::StatusOr<FileKind> Recognize(const ByteSource& source, absl::string_view head) {
  if (head.empty()) return absl::DataLossError("it is empty");
  // Zips, one after the other, of which a reader of zips may see one alone.
  if (absl::EndsWith(source.name(), ".distcp")) {
    return absl::UnimplementedError(
        "it belongs to a checkpoint of torch.distributed.checkpoint; `python -m torch.distributed.checkpoint.format_utils dcp_to_torch "
        "FOLDER FILE` makes one file of its folder");
  }
  for (const Signature& refused : kRefused) {
    if (head.size() > refused.offset && absl::StartsWith(head.substr(refused.offset), refused.bytes)) {
      return absl::UnimplementedError(absl::StrCat("it is ", refused.what));
    }
  }
  RETURN_IF_ERROR(CheckIsNoStandIn(head));
  if (std::optional<FileKind> kind = KindOfReadable(source, head)) return *kind;
  if (std::all_of(head.begin(), head.end(), [](char c) { return c == '\0'; })) {
    return absl::DataLossError(absl::StrCat("it begins with ", head.size(), " zero bytes, as an interrupted download leaves them"));
  }
  if (std::optional<FileKind> kind = KindOfName(source.name())) return *kind;
  const std::string message = absl::StrCat("no known format begins with the bytes ", absl::BytesToHexString(head.substr(0, 8)));
  constexpr size_t kShortestSignature = 4;
  return head.size() < kShortestSignature ? absl::DataLossError(message) : absl::UnimplementedError(message);
}

}  // namespace

absl::Status CheckIsNoStandIn(absl::string_view head) {
  if (absl::StartsWith(head, "version https://git-lfs")) {
    return absl::UnimplementedError("it is a Git LFS pointer, which stands for the file: fetch it with `git lfs pull`");
  }
  if (!LooksLikeMarkup(head)) return absl::OkStatus();
  return absl::UnimplementedError("it is a web page, most likely an error page that was saved in the file's place");
}

absl::StatusOr<FileKind> RecognizeFile(const ByteSource& source) {
  std::string head(std::min(kHeadSize, source.size()), '\0');
  RETURN_IF_ERROR(source.ReadAt(0, absl::MakeSpan(head)));
  absl::StatusOr<FileKind> kind = Recognize(source, head);
  if (kind.ok()) return kind;
  return Annotate(kind.status(), absl::StrCat("reading ", source.name()));
}

}  // namespace weighbridge
