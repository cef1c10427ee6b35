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
  // len(tokenizer): the pieces of tokenizer.model and the added tokens.
  int64_t length = 0;
  // All of them, by their text.
  absl::flat_hash_set<std::string> tokens;
};

// Reads the tokenizer among checkpoint.files as transformers 4.28 loads it with use_fast=False: tokenizer.model (a SentencePiece
// ModelProto, of which only the pieces are looked at), added_tokens.json, and those special tokens of special_tokens_map.json and
// tokenizer_config.json that are in neither and are added at loading. What the former says of a special token replaces what the latter
// says; where neither says anything, unk_token is "<unk>", bos_token "<s>" and eos_token "</s>".
//
// A token is added unless it is a piece, or is unk_token. An empty text is not a special token, but as transformers makes objects of the
// four tokens of tokenizer_config.json that its class names (unk, bos, eos, pad), an empty one of those is: with unk_token "<unk>" and
// bos_token
// "" the length grows by one.
//
// NotFound: there is no tokenizer.model. DataLoss: a file breaks its format, SentencePiece would refuse it, or the indexes of
// added_tokens.json neither are the pieces' own nor continue them. Unimplemented: unk_token is
// null or a piece that means something else; to such a tokenizer transformers never adds a token. ResourceExhausted: a file goes beyond
// limits.json_bytes, or tokenizer.model beyond 16 MiB. Otherwise as ByteSource::ReadAt. Messages begin with "reading PATH: ".
absl::StatusOr<Tokenizer> ReadTokenizer(const Checkpoint& checkpoint, const ReadLimits& limits = {});

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_READ_TOKENIZER_H_
