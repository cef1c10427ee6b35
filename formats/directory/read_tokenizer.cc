#include "formats/directory/read_tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/directory/recognize.h"
#include "formats/directory/sentencepiece.pb.h"
#include "formats/directory/tokenizer_json.h"

namespace weighbridge {
namespace {

// Hostile bytes of that number make messages of some 30 times their size; a vocabulary of a million pieces does not reach it.
constexpr int64_t kModelBytes = int64_t{16} << 20;

// What tokenizer.model holds.
struct Vocabulary {
  int64_t size = 0;
  PieceIndexes pieces;
  std::string unknown;  // The piece that stands for texts that are none.
};

absl::Status Reading(const ByteSource& source, const absl::Status& status) {
  return Annotate(status, absl::StrCat("reading ", source.name()));
}

// Nothing under that name is nullptr.
const ByteSource* Find(const Checkpoint& checkpoint, absl::string_view name) {
  for (const CheckpointFile& file : checkpoint.files) {
    if (file.role == CheckpointFile::Role::kTokenizer && std::filesystem::path(file.path).filename() == std::string(name)) {
      return file.bytes.get();
    }
  }
  return nullptr;
}

absl::StatusOr<Vocabulary> ToVocabulary(const SentencePieceModel& model) {
  Vocabulary vocabulary;
  int64_t unknown = 0;
  for (const SentencePieceModel::Piece& piece : model.pieces()) {
    if (piece.piece().empty()) return absl::DataLossError(absl::StrCat("piece ", vocabulary.size, " is empty"));
    vocabulary.pieces.emplace(piece.piece(), vocabulary.size++);
    if (piece.type() != SentencePieceModel::Piece::UNKNOWN) continue;
    ++unknown;
    vocabulary.unknown = piece.piece();
  }
  if (unknown == 1) return vocabulary;
  return absl::DataLossError(absl::StrCat(unknown, " of ", vocabulary.size, " pieces are the unknown one; a SentencePiece model has one"));
}

absl::StatusOr<Vocabulary> ReadVocabulary(const ByteSource& source) {
  if (source.size() > kModelBytes) {
    return Reading(source, absl::ResourceExhaustedError(absl::StrCat("it has ", source.size(), " bytes; the limit is ", kModelBytes)));
  }
  ASSIGN_OR_RETURN(std::string bytes, ReadAll(source, kModelBytes));
  RETURN_IF_ERROR(CheckIsNoStandIn(bytes),
                  Reading(source, absl::DataLossError(absl::StrCat("it is not a SentencePiece model: ", _.message()))));
  SentencePieceModel model;
  if (!model.ParseFromString(bytes)) return Reading(source, absl::DataLossError("it is not a SentencePiece model"));
  absl::StatusOr<Vocabulary> vocabulary = ToVocabulary(model);
  if (!vocabulary.ok()) return Reading(source, vocabulary.status());
  return vocabulary;
}

// Adds what a file says of special tokens, if it is there, to what is known.
absl::Status Update(const ByteSource* source, bool makes_objects, const ReadLimits& limits, SpecialTokens& tokens) {
  if (source == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(SpecialTokens read, ReadSpecialTokens(*source, limits));
  for (auto& [name, token] : read) {
    const bool is_class_argument = name == "unk_token" || name == "bos_token" || name == "eos_token" || name == "pad_token";
    if (makes_objects && is_class_argument && token.form == SpecialToken::Form::kText) token.form = SpecialToken::Form::kObject;
    tokens[name] = std::move(token);
  }
  return absl::OkStatus();
}

absl::StatusOr<SpecialTokens> ReadAllSpecialTokens(const Checkpoint& checkpoint, const ReadLimits& limits) {
  constexpr auto kObject = SpecialToken::Form::kObject;
  SpecialTokens tokens = {{"unk_token", {kObject, {"<unk>"}}}, {"bos_token", {kObject, {"<s>"}}}, {"eos_token", {kObject, {"</s>"}}}};
  absl::Status status = Update(Find(checkpoint, "tokenizer_config.json"), /*makes_objects=*/true, limits, tokens);
  if (status.ok()) status = Update(Find(checkpoint, "special_tokens_map.json"), /*makes_objects=*/false, limits, tokens);
  if (!status.ok()) return status;
  return tokens;
}

// transformers asks whether a token has the number of unk_token, which SentencePiece gives to every text that is no piece.
absl::StatusOr<std::string> FindUnkToken(const SpecialTokens& special, const Vocabulary& vocabulary) {
  const std::vector<std::string>& texts = special.at("unk_token").texts;
  if (texts.size() != 1) return absl::UnimplementedError("a tokenizer without an unk_token is not supported");
  const std::string& text = texts[0];
  if (text == vocabulary.unknown || !vocabulary.pieces.contains(text)) return text;
  return absl::UnimplementedError(absl::StrCat("unk_token is the piece \"", absl::CHexEscape(text), "\", which is not the unknown one, \"",
                                               absl::CHexEscape(vocabulary.unknown), "\"; that is not supported"));
}

}  // namespace

absl::StatusOr<Tokenizer> ReadTokenizer(const Checkpoint& checkpoint, const ReadLimits& limits) {
  const ByteSource* model = Find(checkpoint, "tokenizer.model");
  if (model == nullptr) return absl::NotFoundError(absl::StrCat("reading ", checkpoint.path, ": there is no tokenizer.model beside it"));
  ASSIGN_OR_RETURN(Vocabulary vocabulary, ReadVocabulary(*model));
  ASSIGN_OR_RETURN(SpecialTokens special, ReadAllSpecialTokens(checkpoint, limits));
  ASSIGN_OR_RETURN(std::string unk_token, FindUnkToken(special, vocabulary), Reading(*model, _));
  std::vector<std::string> candidates;
  if (const ByteSource* added_tokens = Find(checkpoint, "added_tokens.json")) {
    ASSIGN_OR_RETURN(candidates, ReadAddedTokens(*added_tokens, vocabulary.size, vocabulary.pieces, limits));
  }
  for (const auto& [name, token] : special) {
    if (token.form == SpecialToken::Form::kText && token.texts[0].empty()) continue;
    candidates.insert(candidates.end(), token.texts.begin(), token.texts.end());
  }
  absl::flat_hash_set<std::string> added;
  for (const std::string& token : candidates) {
    const bool is_unknown = token == vocabulary.unknown || !vocabulary.pieces.contains(token);
    if (is_unknown && token != unk_token) added.insert(token);
  }
  const int64_t length = vocabulary.size + static_cast<int64_t>(added.size());
  Tokenizer tokenizer{.length = length, .tokens = std::move(added)};
  for (const auto& [piece, index] : vocabulary.pieces) tokenizer.tokens.insert(piece);
  return tokenizer;
}

}  // namespace weighbridge
