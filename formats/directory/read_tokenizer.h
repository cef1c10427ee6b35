#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_READ_TOKENIZER_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_READ_TOKENIZER_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The tokens that transformers' slow tokenizer of a SentencePiece model knows, as far as conversions need them.
struct Tokenizer {
  // len(tokenizer): the pieces of tokenizer.model and the added tokens that are none of them.
  int64_t length = 0;
  // All of them, by their text.
  absl::flat_hash_set<std::string> tokens;
};

// Reads the tokenizer among checkpoint.files as transformers 4.28 loads it with use_fast=False: tokenizer.model (a SentencePiece
// ModelProto, of which only the pieces are looked at), added_tokens.json, and those special tokens of special_tokens_map.json and
// tokenizer_config.json that are in neither and are added at loading.
//
// NotFound: there is no tokenizer.model. DataLoss: a file breaks its format. ResourceExhausted: it goes beyond limits.json_bytes. Otherwise
// as ByteSource::ReadAt. Messages name the file.
absl::StatusOr<Tokenizer> ReadTokenizer(const Checkpoint& checkpoint, const ReadLimits& limits = {});

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_READ_TOKENIZER_H_
