#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_TOKENIZER_JSON_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_TOKENIZER_JSON_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/read_limits.h"

namespace weighbridge {

// What a tokenizer's file says of one special token.
struct SpecialToken {
  // A text, or an object whose "content" is the text ("" without one), or an array of both ("additional_special_tokens").
  enum class Form { kNull, kText, kObject, kArray };
  Form form = Form::kNull;
  std::vector<std::string> texts;  // None for kNull, one for kText and kObject, any number for kArray.
};

// By the names that transformers has for them: "bos_token", …
using SpecialTokens = std::map<std::string, SpecialToken>;

// By the text, the index of each piece of a vocabulary, from 0.
using PieceIndexes = absl::flat_hash_map<std::string, int64_t>;

// The tokens of an added_tokens.json that are added to these pieces, in the order of their indexes, which go on from the pieces' own
// without a gap. A piece with its own index is none of them: newer transformers list those as well. DataLoss: it is not a JSON object of
// such indexes. Otherwise as VisitJsonFile. Messages begin with "reading PATH: ".
absl::StatusOr<std::vector<std::string>> ReadAddedTokens(const ByteSource& source, int64_t begin, const PieceIndexes& pieces,
                                                         const ReadLimits& limits);

// The special tokens that a tokenizer_config.json or special_tokens_map.json mentions. DataLoss: it is not a JSON object, or a special
// token has none of the forms. Otherwise as VisitJsonFile. Messages begin with "reading PATH: ".
absl::StatusOr<SpecialTokens> ReadSpecialTokens(const ByteSource& source, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_TOKENIZER_JSON_H_
