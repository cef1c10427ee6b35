#include "formats/directory/read_tokenizer.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using absl::StatusCode;
using testing::UnorderedElementsAre;

// A length-delimited protobuf field with fewer than 128 bytes.
std::string Field(int number, const std::string& bytes) {
  return absl::StrCat(std::string(1, static_cast<char>(number << 3 | 2)), std::string(1, static_cast<char>(bytes.size())), bytes);
}

enum PieceType : char { kNormal = 1, kUnknown = 2, kControl = 3 };

std::string Piece(const std::string& text, PieceType type = kNormal) {
  const std::string score = std::string("\x15\0\0\x80\xbf", 5);
  return Field(1, Field(1, text) + score + "\x18" + std::string(1, type));
}

// Three pieces as every model of this kind begins with, and two more.
std::string Model() {
  return Piece("<unk>", kUnknown) + Piece("<s>", kControl) + Piece("</s>", kControl) + Piece("a") + Piece("b") + Field(2, "trainer");
}

// Contents by name.
using Files = std::map<std::string, std::string>;

absl::StatusOr<Tokenizer> Read(const Files& files, const ReadLimits& limits = {}) {
  Checkpoint checkpoint;
  checkpoint.path = "/m";
  for (const auto& [name, content] : files) {
    const std::string path = "/m/" + name;
    checkpoint.files.push_back({CheckpointFile::Role::kTokenizer, path, MakeMemorySource(path, content)});
  }
  return ReadTokenizer(checkpoint, limits);
}

absl::StatusOr<Tokenizer> ReadFolder(const std::filesystem::path& folder) {
  Checkpoint checkpoint;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    absl::StatusOr<ByteSourcePtr> source = OpenFile(file.path());
    if (!source.ok()) return source.status();
    checkpoint.files.push_back({CheckpointFile::Role::kTokenizer, file.path(), *source});
  }
  return ReadTokenizer(checkpoint);
}

MATCHER_P2(FailsWith, code, mention, "") {
  *result_listener << arg.status();
  return arg.status().code() == code && absl::StrContains(arg.status().message(), mention);
}

TEST(ReadTokenizerTest, KnowsThePiecesAndTheAddedTokens) {
  const absl::StatusOr<Tokenizer> tokenizer = Read({{"tokenizer.model", Model()}, {"added_tokens.json", R"({"[X]": 6, "[PAD]": 5})"}});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->length, 7);
  EXPECT_THAT(tokenizer->tokens, UnorderedElementsAre("<unk>", "<s>", "</s>", "a", "b", "[PAD]", "[X]"));
}

// As transformers writes the file since 4.33.
TEST(ReadTokenizerTest, AnAddedTokenThatIsAPieceWithItsIndexIsNotAdded) {
  for (const char* known : {R"({"<unk>": 0, "<s>": 1, "</s>": 2})", R"({"</s>": 2})", R"({"b": 4, "a": 3})", "{}"}) {
    const absl::StatusOr<Tokenizer> tokenizer = Read({{"tokenizer.model", Model()}, {"added_tokens.json", known}});
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    EXPECT_EQ(tokenizer->length, 5) << known;
  }
  const absl::StatusOr<Tokenizer> more =
      Read({{"tokenizer.model", Model()}, {"added_tokens.json", R"({"</s>": 2, "[PAD]": 5, "<s>": 1})"}});
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_EQ(more->length, 6);
  for (const char* wrong : {R"({"<s>": 2})", R"({"x": 1})", R"({"</s>": 2, "[PAD]": 6})", R"({"[PAD]": 5, "[X]": 5})", R"({"<s>": -1})"}) {
    EXPECT_EQ(Read({{"tokenizer.model", Model()}, {"added_tokens.json", wrong}}).status().code(), StatusCode::kDataLoss) << wrong;
  }
}

TEST(ReadTokenizerTest, WhatStandsInAFilesPlaceIsToldAsThat) {
  const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d4d\nsize 499723\n";
  EXPECT_THAT(Read({{"tokenizer.model", pointer}}),
              FailsWith(StatusCode::kDataLoss, "tokenizer.model: it is not a SentencePiece model: it is a Git LFS pointer"));
  EXPECT_THAT(Read({{"tokenizer.model", "<!DOCTYPE html>"}}), FailsWith(StatusCode::kDataLoss, "it is a web page"));
  for (const char* name : {"added_tokens.json", "special_tokens_map.json", "tokenizer_config.json"}) {
    EXPECT_THAT(Read({{"tokenizer.model", Model()}, {name, pointer}}),
                FailsWith(StatusCode::kDataLoss, absl::StrCat(name, ": no valid JSON: it is a Git LFS pointer")));
  }
}

TEST(ReadTokenizerTest, NumbersThatOnlyPythonsJsonHasAreRead) {
  const absl::StatusOr<Tokenizer> tokenizer =
      Read({{"tokenizer.model", Model()}, {"tokenizer_config.json", R"({"model_max_length": Infinity, "pad_token": "[PAD]"})"}});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->length, 6);
  EXPECT_THAT(Read({{"tokenizer.model", Model()}, {"added_tokens.json", R"({"[PAD]": NaN})"}}),
              FailsWith(StatusCode::kDataLoss, "a number that is not whole"));
}

// Every result is that of transformers 4.28.0 with the same three files beside a model of its own.
TEST(ReadTokenizerTest, AddsSpecialTokensAsTransformersDoes) {
  struct Case {
    const char* what;
    const char* tokenizer_config;
    const char* special_tokens_map;
    const char* added_tokens;
    std::vector<std::string> added;
  };
  const Case cases[] = {
      {"nothing is said", "{}", "{}", "{}", {}},
      {"no special token, as the first conversions wrote", R"({"bos_token":"","eos_token":"","unk_token":""})", "{}", "{}", {}},
      {"an empty bos_token", R"({"bos_token":"","eos_token":"</s>","unk_token":"<unk>"})", "{}", "{}", {""}},
      {"an empty pad_token", R"({"pad_token":""})", "{}", "{}", {""}},
      {"an empty bos_token in the map", "{}", R"({"bos_token":""})", "{}", {}},
      {"an empty object in the map", "{}", R"({"bos_token":{"content":""}})", "{}", {""}},
      {"an object without content", "{}", R"({"bos_token":{"lstrip":false}})", "{}", {""}},
      {"an empty mask_token", R"({"mask_token":""})", "{}", "{}", {}},
      {"a new pad_token", R"({"pad_token":"[PAD]"})", "{}", "{}", {"[PAD]"}},
      {"a new pad_token as an object", R"({"pad_token":{"__type":"AddedToken","content":"[PAD]","lstrip":false}})", "{}", "{}", {"[PAD]"}},
      {"a new pad_token in the map", "{}", R"({"pad_token":"[PAD]"})", "{}", {"[PAD]"}},
      {"a new pad_token as an object in the map", "{}", R"({"pad_token":{"lstrip":false,"content":"[PAD]"}})", "{}", {"[PAD]"}},
      {"a pad_token that is a piece", R"({"pad_token":"</s>"})", "{}", "{}", {}},
      {"a pad_token that is added", "{}", R"({"pad_token":"[PAD]"})", R"({"[PAD]":5})", {"[PAD]"}},
      {"case matters", R"({"pad_token":"[PAD]"})", "{}", R"({"[pad]":5})", {"[pad]", "[PAD]"}},
      {"additional tokens",
       R"({"additional_special_tokens":["<a>",{"__type":"AddedToken","content":"<b>"},"<a>","<s>"]})",
       "{}",
       "{}",
       {"<a>", "<b>"}},
      {"an empty additional token", "{}", R"({"additional_special_tokens":["","<b>"]})", "{}", {"", "<b>"}},
      {"the map replaces", R"({"pad_token":"[A]","mask_token":"[M]"})", R"({"pad_token":"[B]"})", "{}", {"[B]", "[M]"}},
      {"null in the map replaces", R"({"pad_token":"[A]"})", R"({"pad_token":null})", "{}", {}},
      {"a list in the map replaces", R"({"additional_special_tokens":["<a>"]})", R"({"additional_special_tokens":["<b>"]})", "{}", {"<b>"}},
      {"null", R"({"eos_token":null,"additional_special_tokens":null})", "{}", "{}", {}},
      {"an unk_token that is no piece", R"({"unk_token":"[UNK]","pad_token":"[PAD]"})", "{}", "{}", {"[PAD]"}},
      {"an empty unk_token in the map", R"({"pad_token":"[PAD]"})", R"({"unk_token":""})", "{}", {"[PAD]"}},
      {"the unknown piece is another token", R"({"unk_token":"","pad_token":"<unk>"})", "{}", "{}", {"<unk>"}},
      {"an added token that is a piece", "{}", "{}", R"({"</s>":5,"[X]":6})", {"[X]"}},
      {"an added token that is unk_token", "{}", "{}", R"({"<unk>":5})", {}},
      {"an added token that is empty", "{}", "{}", R"({"":5})", {""}},
      {"other keys", R"({"foo_token":"[F]","added_tokens_decoder":{"5":{"content":"[Q]"}}})", R"({"foo":["bar"]})", "{}", {}},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<Tokenizer> tokenizer = Read({{"tokenizer.model", Model()},
                                                      {"tokenizer_config.json", c.tokenizer_config},
                                                      {"special_tokens_map.json", c.special_tokens_map},
                                                      {"added_tokens.json", c.added_tokens}});
    ASSERT_TRUE(tokenizer.ok()) << c.what << ": " << tokenizer.status();
    EXPECT_EQ(tokenizer->length, 5 + static_cast<int64_t>(c.added.size())) << c.what;
    absl::flat_hash_set<std::string> tokens = {"<unk>", "<s>", "</s>", "a", "b"};
    tokens.insert(c.added.begin(), c.added.end());
    EXPECT_EQ(tokenizer->tokens, tokens) << c.what;
  }
}

TEST(ReadTokenizerTest, PassesOverWhatElseAnObjectSays) {
  const absl::StatusOr<Tokenizer> tokenizer =
      Read({{"tokenizer.model", Model()},
            {"special_tokens_map.json", R"({"pad_token":{"x":[{"content":1}],"content":"[PAD]","y":{"content":"z"}},
                                            "additional_special_tokens":[{"content":"<a>","x":{"content":"z"}},"<b>"]})"}});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_THAT(tokenizer->tokens, UnorderedElementsAre("<unk>", "<s>", "</s>", "a", "b", "[PAD]", "<a>", "<b>"));
}

TEST(ReadTokenizerTest, AddsTheDefaultTokensToAModelWithoutThem) {
  const absl::StatusOr<Tokenizer> tokenizer = Read({{"tokenizer.model", Piece("⁇", kUnknown) + Piece("a")}});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->length, 4);
  EXPECT_THAT(tokenizer->tokens, UnorderedElementsAre("⁇", "a", "<s>", "</s>"));
}

TEST(ReadTokenizerTest, RefusesATokenizerThatNeverGrows) {
  EXPECT_THAT(Read({{"tokenizer.model", Model()}, {"tokenizer_config.json", R"({"unk_token":null})"}}),
              FailsWith(StatusCode::kUnimplemented, "without an unk_token"));
  EXPECT_THAT(Read({{"tokenizer.model", Model()}, {"special_tokens_map.json", R"({"unk_token":"<s>"})"}}),
              FailsWith(StatusCode::kUnimplemented, "unk_token is the piece \"<s>\""));
}

TEST(ReadTokenizerTest, WantsATokenizerModel) {
  EXPECT_THAT(Read({{"added_tokens.json", "{}"}}), FailsWith(StatusCode::kNotFound, "reading /m: there is no tokenizer.model"));
  // The name alone does not make one.
  Checkpoint checkpoint;
  checkpoint.files = {{CheckpointFile::Role::kWeights, "/m/tokenizer.model", MakeMemorySource("/m/tokenizer.model", Model())}};
  EXPECT_EQ(ReadTokenizer(checkpoint).status().code(), StatusCode::kNotFound);
}

TEST(ReadTokenizerTest, RefusesModelsThatBreakTheirFormat) {
  const std::string unknown = Piece("<unk>", kUnknown);
  struct Case {
    const char* what;
    std::string model;
    const char* mention;
  };
  const Case cases[] = {
      {"empty", "", "0 of 0 pieces are the unknown one"},
      {"no unknown piece", Piece("a"), "0 of 1 pieces are the unknown one"},
      {"two unknown pieces", unknown + Piece("?", kUnknown), "2 of 2 pieces are the unknown one"},
      {"a piece without text", unknown + Field(1, "\x18\x01"), "piece 1 is empty"},
      {"an empty piece", unknown + Piece(""), "piece 1 is empty"},
      {"no protobuf", "no protobuf at all", "not a SentencePiece model"},
      {"a page", "<!DOCTYPE html>", "not a SentencePiece model"},
      {"cut in a piece", Model().substr(0, 20), "not a SentencePiece model"},
      {"a length beyond the end", unknown + "\x0a\xff\xff\xff\x7f", "not a SentencePiece model"},
      {"a length of 2^63 and more", unknown + "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "not a SentencePiece model"},
      {"a piece's text beyond the piece", unknown + Field(1, "\x0a\x05x"), "not a SentencePiece model"},
      {"a varint without end", unknown + std::string(20, '\xff'), "not a SentencePiece model"},
      {"a field of number 0", unknown + std::string("\x02\x00", 2), "not a SentencePiece model"},
      {"groups in groups", unknown + std::string(1'000'000, '\x1b'), "not a SentencePiece model"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(Read({{"tokenizer.model", c.model}}), FailsWith(StatusCode::kDataLoss, c.mention)) << c.what;
    EXPECT_THAT(Read({{"tokenizer.model", c.model}}), FailsWith(StatusCode::kDataLoss, "reading /m/tokenizer.model: ")) << c.what;
  }
  EXPECT_THAT(Read({{"tokenizer.model", std::string((16 << 20) + 1, '\0')}}), FailsWith(StatusCode::kResourceExhausted, "the limit is"));
}

TEST(ReadTokenizerTest, ReadsOrRefusesEveryPrefixAndEveryChangedByte) {
  const std::string model = Model();
  const auto expect_sane = [](const std::string& bytes) {
    const absl::StatusOr<Tokenizer> tokenizer = Read({{"tokenizer.model", bytes}});
    if (tokenizer.ok()) {
      EXPECT_LE(tokenizer->length, 5 + 3) << "the pieces, and the three default tokens that may have become none of them";
    } else {
      EXPECT_TRUE(absl::IsDataLoss(tokenizer.status()) || absl::IsUnimplemented(tokenizer.status())) << tokenizer.status();
    }
  };
  for (size_t i = 0; i < model.size(); ++i) {
    expect_sane(model.substr(0, i));
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = model;
      changed[i] = static_cast<char>(byte);
      expect_sane(changed);
    }
  }
}

TEST(ReadTokenizerTest, RefusesJsonThatBreaksItsFormat) {
  struct Case {
    const char* what;
    const char* file;
    std::string json;
    StatusCode code;
    const char* mention;
  };
  const std::string deep = "{\"x\":" + std::string(100'000, '[');
  const Case cases[] = {
      {"no JSON", "added_tokens.json", "", StatusCode::kDataLoss, "no valid JSON"},
      {"an array", "added_tokens.json", "[]", StatusCode::kDataLoss, "not an object"},
      {"a token twice", "added_tokens.json", R"({"x":5,"x":6})", StatusCode::kDataLoss, "stands twice"},
      {"two tokens of one index", "added_tokens.json", R"({"x":5,"y":5})", StatusCode::kDataLoss, "index 5; the next one is 6"},
      {"an index that skips one", "added_tokens.json", R"({"x":6})", StatusCode::kDataLoss, "index 6; the next one is 5"},
      {"an index of another piece", "added_tokens.json", R"({"</s>":1})", StatusCode::kDataLoss, "index 1; the next one is 5"},
      {"a huge index", "added_tokens.json", R"({"x":18446744073709551615})", StatusCode::kDataLoss, "the next one is 5"},
      {"a negative index", "added_tokens.json", R"({"x":-5})", StatusCode::kDataLoss, "\"x\": its index is a number with a minus sign"},
      {"an index with a fraction", "added_tokens.json", R"({"x":5.5})", StatusCode::kDataLoss, "\"x\": its index is"},
      {"an index that is a text", "added_tokens.json", R"({"x":"5"})", StatusCode::kDataLoss, "its index is a text"},
      {"an index that is an object", "added_tokens.json", R"({"x":{"y":5}})", StatusCode::kDataLoss, "its index is an object"},
      {"deep", "special_tokens_map.json", deep, StatusCode::kResourceExhausted, "nested"},
      {"a token that is a number", "special_tokens_map.json", R"({"pad_token":3})", StatusCode::kDataLoss,
       "pad_token: it is a whole number"},
      {"a token that is true", "tokenizer_config.json", R"({"unk_token":true})", StatusCode::kDataLoss, "unk_token: it is"},
      {"content that is a number", "tokenizer_config.json", R"({"unk_token":{"content":3}})", StatusCode::kDataLoss, "unk_token: it is"},
      {"content that is null", "tokenizer_config.json", R"({"unk_token":{"content":null}})", StatusCode::kDataLoss,
       "unk_token: it is null"},
      {"content that is an object", "tokenizer_config.json", R"({"unk_token":{"content":{}}})", StatusCode::kDataLoss, "unk_token: it is"},
      {"a list in a list", "special_tokens_map.json", R"({"additional_special_tokens":[["x"]]})", StatusCode::kDataLoss, "it is an array"},
      {"null in a list", "special_tokens_map.json", R"({"additional_special_tokens":[null]})", StatusCode::kDataLoss, "it is null"},
      {"content of a number in a list", "special_tokens_map.json", R"({"additional_special_tokens":[{"content":1}]})",
       StatusCode::kDataLoss, "it is a whole number"},
      {"a token twice", "special_tokens_map.json", R"({"pad_token":"a","pad_token":"b"})", StatusCode::kDataLoss, "stands twice"},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<Tokenizer> tokenizer = Read({{"tokenizer.model", Model()}, {c.file, c.json}});
    EXPECT_THAT(tokenizer, FailsWith(c.code, c.mention)) << c.what;
    EXPECT_THAT(tokenizer, FailsWith(c.code, absl::StrCat("reading /m/", c.file, ": "))) << c.what;
  }
  ReadLimits limits;
  limits.json_bytes = 10;
  EXPECT_THAT(Read({{"tokenizer.model", Model()}, {"added_tokens.json", R"({"a":       5})"}}, limits),
              FailsWith(StatusCode::kResourceExhausted, "added_tokens.json"));
}

TEST(ReadTokenizerTest, ReadsWhatTransformersWrote) {
  const absl::StatusOr<Tokenizer> tokenizer = ReadFolder("testdata/tiny/vicuna");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->length, 321);
  EXPECT_TRUE(tokenizer->tokens.contains("[PAD]"));
}

// len() of LlamaTokenizer.from_pretrained, transformers 4.28.0.
TEST(ReadTokenizerTest, CountsTheTokensOfTheGoldens) {
  const char* shared = std::getenv("WEIGHBRIDGE_SHARED");
  if (shared == nullptr || !std::filesystem::is_directory(shared)) GTEST_SKIP() << "WEIGHBRIDGE_SHARED names no folder";
  const std::map<std::string, int64_t> lengths = {{"tiny/llama", 320}, {"tiny/delta", 321}, {"tiny/vicuna", 321},   {"wide/llama", 300},
                                                  {"wide/delta", 301}, {"cast/llama", 320}, {"padtrap/llama", 301}, {"padtrap/delta", 301}};
  for (const auto& [folder, length] : lengths) {
    const absl::StatusOr<Tokenizer> tokenizer = ReadFolder(std::filesystem::path(shared) / "golden" / folder);
    ASSERT_TRUE(tokenizer.ok()) << folder << ": " << tokenizer.status();
    EXPECT_EQ(tokenizer->length, length) << folder;
    EXPECT_EQ(tokenizer->tokens.size(), static_cast<size_t>(length)) << folder;
    EXPECT_EQ(tokenizer->tokens.contains("[PAD]"), length % 10 == 1) << folder;
  }
}

}  // namespace
}  // namespace weighbridge
