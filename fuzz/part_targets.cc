#include "fuzz/part_targets.h"

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/read_facts.h"
#include "formats/directory/read_tokenizer.h"
#include "formats/directory/shard_index.h"
#include "formats/json/json_members.h"
#include "formats/paddle/paddle_dialect.h"
#include "formats/paddle/variable_names.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/machine_options.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/torch/torch_dialect.h"

namespace weighbridge {
namespace {

// A field of a protobuf message that is bytes; all lengths here are below 128.
std::string Field(char number, absl::string_view bytes) {
  return absl::StrCat(std::string(1, static_cast<char>(number << 3 | 2)), std::string(1, static_cast<char>(bytes.size())), bytes);
}

// A piece of a SentencePiece model; the type 1 is an ordinary one.
std::string Piece(absl::string_view text, char type) {
  return Field(1, absl::StrCat(Field(1, text), "\x18", std::string(1, type)));
}

std::string RightTokenizerModel() {
  return absl::StrCat(Piece("<unk>", 2), Piece("<s>", 3), Piece("</s>", 3), Piece("a", 1));
}

Checkpoint WithTokenizerFiles(const std::string& model) {
  Checkpoint checkpoint;
  checkpoint.files.push_back({CheckpointFile::Role::kTokenizer, "tokenizer.model", MakeMemorySource("tokenizer.model", model)});
  return checkpoint;
}

void AddFile(const std::string& name, const std::string& bytes, Checkpoint& checkpoint) {
  checkpoint.files.push_back({CheckpointFile::Role::kTokenizer, name, MakeMemorySource(name, bytes)});
}

absl::StatusOr<std::string> DescribeTokenizer(const Checkpoint& checkpoint) {
  ASSIGN_OR_RETURN(const Tokenizer tokenizer, ReadTokenizer(checkpoint));
  const std::set<std::string> tokens(tokenizer.tokens.begin(), tokenizer.tokens.end());
  return absl::StrCat(tokenizer.length, "\n", absl::StrJoin(tokens, "\n"));
}

}  // namespace

absl::StatusOr<std::string> FuzzPickle(const std::string& bytes) {
  const ByteSourcePtr source = MakeMemorySource("input", bytes);
  std::string text;
  absl::Status failure;
  const ReadLimits limits;
  for (const pickle::MachineOptions& options :
       {paddle::PickleOptions(limits), TorchZipOptions(limits), TorchLegacyOptions(limits), TorchTarOptions(limits)}) {
    const absl::StatusOr<pickle::Document> document = pickle::RunPickle(*source, 0, source->size(), options);
    if (!document.ok()) {
      failure = document.status();
      continue;
    }
    absl::StrAppend(&text, document->protocol, " ", document->end, " ", document->values.size(), "\n");
  }
  const pickle::GlobalsReport report = pickle::ListGlobals(*source, 0, source->size(), TorchOptions(limits));
  for (const pickle::NamedGlobal& global : report.globals) absl::StrAppend(&text, global.module, " ", global.name, "\n");
  if (text.empty() && !failure.ok()) return failure;
  return text;
}

absl::StatusOr<std::string> FuzzVariableNames(const std::string& bytes) {
  using Kind = paddle::NameSource::Kind;
  std::string text;
  absl::Status failure;
  for (const Kind kind : {Kind::kProgram, Kind::kPirProgram, Kind::kParameterInfo}) {
    const auto names = paddle::ReadVariableNames({.kind = kind, .bytes = MakeMemorySource("input", bytes)}, ReadLimits());
    if (names.ok()) {
      absl::StrAppend(&text, absl::StrJoin(*names, "\n"), "\n");
    } else {
      failure = names.status();
    }
  }
  if (text.empty()) return failure;
  return text;
}

absl::StatusOr<std::string> FuzzShardIndex(const std::string& bytes) {
  ASSIGN_OR_RETURN(const ShardIndex index, ReadShardIndex(*MakeMemorySource("input", bytes), ReadLimits()));
  return absl::StrCat(absl::StrJoin(index.shard_of, "\n", absl::PairFormatter(" ")), "\n", index.total_size.value_or(-1));
}

absl::StatusOr<std::string> FuzzConfig(const std::string& bytes) {
  const ReadLimits limits;
  const absl::StatusOr<Facts> facts = ReadFacts(*MakeMemorySource("input", bytes), limits);
  const absl::StatusOr<JsonMembers> members = ParseJsonMembers(bytes, limits.nesting);
  if (!facts.ok()) return facts.status();
  if (!members.ok()) return members.status();
  std::string text = WriteJsonMembers(*members);
  for (const auto& [key, value] : *facts) {
    absl::StrAppend(&text, key, " ", std::visit([](const auto& scalar) { return absl::StrCat(scalar); }, value), "\n");
  }
  return text;
}

absl::StatusOr<std::string> FuzzTokenizerModel(const std::string& bytes) {
  return DescribeTokenizer(WithTokenizerFiles(bytes));
}

absl::StatusOr<std::string> FuzzAddedTokens(const std::string& bytes) {
  Checkpoint checkpoint = WithTokenizerFiles(RightTokenizerModel());
  AddFile("added_tokens.json", bytes, checkpoint);
  return DescribeTokenizer(checkpoint);
}

absl::StatusOr<std::string> FuzzSpecialTokens(const std::string& bytes) {
  Checkpoint checkpoint = WithTokenizerFiles(RightTokenizerModel());
  AddFile("special_tokens_map.json", bytes, checkpoint);
  AddFile("tokenizer_config.json", bytes, checkpoint);
  return DescribeTokenizer(checkpoint);
}

}  // namespace weighbridge
