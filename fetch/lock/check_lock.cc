#include "fetch/lock/check_lock.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/lock/lock_paths.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

absl::Status Error(absl::string_view field, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", why));
}

// Of a lower layer, with the field's name before it.
absl::Status InField(absl::string_view field, const absl::Status& status) {
  return status.ok() ? status : Error(field, status.message());
}

bool IsHex(absl::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

absl::Status CheckHash(absl::string_view field, absl::string_view hash, size_t digits) {
  if (hash.empty() || IsHex(hash, digits)) return absl::OkStatus();
  return Error(field, absl::StrCat("expected ", digits, " hexadecimal digits in lower case, got \"", hash.substr(0, 80), "\""));
}

// A name as it stands in a command.
absl::Status CheckWord(absl::string_view field, absl::string_view word) {
  const bool plain =
      std::all_of(word.begin(), word.end(), [](char byte) { return absl::ascii_isalnum(static_cast<unsigned char>(byte)) || byte == '_'; });
  return plain ? absl::OkStatus() : Error(field, absl::StrCat("\"", word.substr(0, 80), "\" is not a plain word"));
}

// A sentence that is printed for a person: nothing in it means something to a shell or a terminal.
absl::Status CheckNote(absl::string_view note) {
  const bool plain = std::all_of(note.begin(), note.end(), [](char byte) {
    return absl::ascii_isalnum(static_cast<unsigned char>(byte)) || absl::StrContains(" ,.:/_{}+@%-", byte);
  });
  return plain ? absl::OkStatus() : Error("purpose.notes", "only letters, digits, blanks and ,.:/_{}+@%- may stand in a note");
}

absl::Status CheckPathOrEmpty(absl::string_view field, const std::string& path) {
  return path.empty() ? absl::OkStatus() : InField(field, RelativePath::Parse(path).status());
}

absl::Status CheckUriOrEmpty(absl::string_view field, const std::string& uri) {
  return uri.empty() ? absl::OkStatus() : InField(field, ParseUri(uri).status());
}

// PaddleNLP keeps its own files under names that begin with ".".
absl::Status CheckPaddleNlpModel(const std::string& model) {
  if (model.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const RelativePath path, RelativePath::Parse(model), Error("paddlenlp_model", _.message()));
  for (const absl::string_view component : path.components()) {
    if (component[0] == '.') return Error("paddlenlp_model", absl::StrCat("a part of \"", model, "\" begins with \".\""));
  }
  return absl::OkStatus();
}

absl::Status CheckPurpose(const Purpose& purpose) {
  RETURN_IF_ERROR(CheckWord("purpose.recipe", purpose.recipe()));
  RETURN_IF_ERROR(CheckPathOrEmpty("purpose.save_path", purpose.save_path()));
  for (const std::string& note : purpose.notes()) {
    RETURN_IF_ERROR(CheckNote(note));
  }
  return absl::OkStatus();
}

absl::Status CheckHashes(const LockedFile& file) {
  for (const auto& [field, hash, digits] :
       {std::tuple("sha256", file.sha256(), 64), std::tuple("git_sha1", file.git_sha1(), 40), std::tuple("md5", file.md5(), 32)}) {
    RETURN_IF_ERROR(CheckHash(field, hash, static_cast<size_t>(digits)));
  }
  if (!file.mirrors().empty() && file.sha256().empty()) return Error("mirrors", "a file that has some needs a sha256");
  for (const RefusedContent& refused : file.refused()) {
    const std::string& prefix = refused.sha256_prefix();
    if (prefix.size() < 8 || !IsHex(prefix, prefix.size())) return Error("sha256_prefix", "expected 8 hexadecimal digits or more");
  }
  return absl::OkStatus();
}

absl::Status CheckNumbers(const LockedFile& file) {
  if (file.size() < 0 || file.size() > kMaxFileBytes) return Error("size", absl::StrCat(file.size(), " is not the size of a file"));
  if (file.chunk_size() < 0 || file.chunk_size() > kMaxFileBytes) {
    return Error("chunk_size", absl::StrCat(file.chunk_size(), " is not the size of a chunk"));
  }
  if (file.chunk_xxh3_size() == 0) return absl::OkStatus();
  const int64_t chunks = file.chunk_size() == 0 ? -1 : file.size() / file.chunk_size() + (file.size() % file.chunk_size() == 0 ? 0 : 1);
  if (chunks != file.chunk_xxh3_size()) return Error("chunk_xxh3", "their number does not go with size and chunk_size");
  for (const std::string& chunk : file.chunk_xxh3()) {
    RETURN_IF_ERROR(CheckHash("chunk_xxh3", chunk.empty() ? "-" : chunk, 32));
  }
  return absl::OkStatus();
}

absl::Status CheckFile(const LockedFile& file, bool source_has_address) {
  if (file.uri().empty() && !source_has_address) return Error("uri", "is missing, and the source has none");
  RETURN_IF_ERROR(CheckUriOrEmpty("uri", file.uri()));
  for (const std::string& mirror : file.mirrors()) {
    RETURN_IF_ERROR(InField("mirrors", ParseUri(mirror).status()));
  }
  RETURN_IF_ERROR(CheckHashes(file));
  return CheckNumbers(file);
}

absl::Status CheckSource(const WeightsSource& source) {
  for (const absl::Status& status : {CheckUriOrEmpty("uri", source.uri()), CheckPathOrEmpty("revision", source.revision()),
                                     CheckPathOrEmpty("folder", source.folder()), CheckPathOrEmpty("checkpoint", source.checkpoint()),
                                     CheckWord("recipe_source", source.recipe_source()), CheckPaddleNlpModel(source.paddlenlp_model())}) {
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckWeightsLock(const WeightsLock& lock) {
  if (lock.schema() != kLockSchema) {
    return Error("schema", absl::StrCat("expected \"", kLockSchema, "\", got \"", lock.schema().substr(0, 80), "\""));
  }
  RETURN_IF_ERROR(CheckPurpose(lock.purpose()));
  std::vector<RelativePath> targets;
  int64_t bytes = 0;
  for (const WeightsSource& source : lock.sources()) {
    RETURN_IF_ERROR(CheckSource(source));
    for (const LockedFile& file : source.files()) {
      ASSIGN_OR_RETURN(RelativePath target, TargetOf(source, file), Error("path", _.message()));
      RETURN_IF_ERROR(CheckFile(file, !source.uri().empty()), InField(target.text(), _));
      bytes += std::min(file.size(), kMaxLockedBytes - bytes);
      if (bytes == kMaxLockedBytes) return Error("size", "all files together have more bytes than any disk");
      targets.push_back(std::move(target));
    }
  }
  return InField("path", CheckAreFilesOfOneFolder(targets));
}

}  // namespace weighbridge
