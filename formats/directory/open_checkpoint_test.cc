#include "formats/directory/open_checkpoint.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/read_model.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A safetensors file of those tensors, each one byte: content decides, so under any name it is a file of weights.
std::string Weights(std::vector<std::string> names, const std::string& metadata = "") {
  std::vector<std::string> members;
  if (!metadata.empty()) members.push_back("\"__metadata__\":" + metadata);
  for (size_t k = 0; k < names.size(); ++k) {
    members.push_back(absl::StrCat("\"", names[k], "\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[", k, ",", k + 1, "]}"));
  }
  const std::string header = "{" + absl::StrJoin(members, ",") + "}";
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size() & 0xff);
  length[1] = static_cast<char>(header.size() >> 8);
  return length + header + std::string(names.size(), 'x');
}

// An index from tensors to shards, as it stands in the file.
std::string Index(const std::string& map, const std::string& total_size = "2") {
  return "{\"metadata\":{\"total_size\":" + total_size + "},\"weight_map\":" + map + "}";
}

class OpenCheckpointTest : public testing::Test {
 protected:
  OpenCheckpointTest() {
    folder_ = std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    Clear();
  }

  void Clear() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  void Write(const std::string& name, const std::string& content) { std::ofstream(folder_ / name, std::ios::binary) << content; }

  std::string Path(const std::string& name = "") const { return name.empty() ? folder_.string() : (folder_ / name).string(); }

  // Opens a file of the folder, or the folder; "" and a failed expectation when that fails.
  Checkpoint Open(const std::string& name = "") {
    absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(Path(name));
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    return checkpoint.ok() ? *std::move(checkpoint) : Checkpoint();
  }

  std::filesystem::path folder_;
};

std::vector<std::string> Names(const Checkpoint& checkpoint) {
  std::vector<std::string> names;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) names.push_back(tensor.name);
  return names;
}

// "role:name" of each file.
std::vector<std::string> Files(const Checkpoint& checkpoint) {
  std::vector<std::string> files;
  for (const CheckpointFile& file : checkpoint.files) {
    EXPECT_NE(file.bytes, nullptr);
    const char* role[] = {"weights", "index", "config", "tokenizer"};
    files.push_back(absl::StrCat(role[static_cast<int>(file.role)], ":", std::filesystem::path(file.path).filename().string()));
  }
  return files;
}

MATCHER_P2(FailsWith, code, mention, "") {
  *result_listener << arg.status();
  return arg.status().code() == code && absl::StrContains(arg.status().message(), mention);
}

TEST_F(OpenCheckpointTest, OpensAFileWithWhatBelongsToItsFolder) {
  Write("odd name.xyz", Weights({"b", "a"}));
  Write("config.json", R"({"hidden_size": 64, "eps": 1e-06, "tie": false, "torch_dtype": "float16", "pad": -1, "none": null,
                           "text": {"vocab": 320}, "architectures": ["LlamaForCausalLM"], "huge": 18446744073709551615})");
  Write("generation_config.json", "not looked at");
  Write("tokenizer.model", "");
  Write("tokenizer.json", "not looked at");
  Write("added_tokens.json", "{}");
  std::filesystem::create_directories(folder_ / "special_tokens_map.json");
  const Checkpoint checkpoint = Open("odd name.xyz");
  EXPECT_EQ(checkpoint.path, Path("odd name.xyz"));
  EXPECT_EQ(checkpoint.format, "safetensors");
  EXPECT_THAT(Names(checkpoint), ElementsAre("b", "a"));
  EXPECT_THAT(Files(checkpoint), ElementsAre("weights:odd name.xyz", "config:config.json", "config:generation_config.json",
                                             "tokenizer:tokenizer.model", "tokenizer:tokenizer.json", "tokenizer:added_tokens.json"));
  const Facts expected = {{"hidden_size", int64_t{64}},
                          {"eps", 1e-06},
                          {"tie", false},
                          {"torch_dtype", std::string("float16")},
                          {"pad", int64_t{-1}},
                          {"text.vocab", int64_t{320}},
                          {"architectures.0", std::string("LlamaForCausalLM")},
                          {"huge", 18446744073709551615.0}};
  EXPECT_EQ(checkpoint.facts, expected);
}

TEST_F(OpenCheckpointTest, RefusesABadConfig) {
  Write("pytorch_model.bin", Weights({"a"}));
  for (const char* config : {"", "{", "[]", "{\"a\": 1, \"a\": 2}", "{\"a.b\": 1, \"a\": {\"b\": 2}}"}) {
    Write("config.json", config);
    EXPECT_THAT(OpenCheckpoint(Path()), FailsWith(StatusCode::kDataLoss, "reading " + Path("config.json") + ": ")) << config;
  }
}

TEST_F(OpenCheckpointTest, SaysWhenThereIsNothing) {
  EXPECT_THAT(OpenCheckpoint(Path("absent.bin")), FailsWith(StatusCode::kNotFound, "absent.bin"));
  EXPECT_THAT(OpenCheckpoint(Path()), FailsWith(StatusCode::kFailedPrecondition, "holds no checkpoint"));
  Write("config.json", "{}");
  Write("tokenizer.model", "x");
  Write("training_args.bin", "x");
  Write("optimizer.pt", "x");
  EXPECT_THAT(OpenCheckpoint(Path()), FailsWith(StatusCode::kFailedPrecondition, "holds no checkpoint"));
}

TEST_F(OpenCheckpointTest, FindsTheCheckpointOfAFolder) {
  for (const char* name : {"pytorch_model.bin", "model.safetensors", "model_state.pdparams", "prerained.pth", "x.pt", "y.safetensors"}) {
    Clear();
    Write(name, Weights({"a"}));
    Write("training_args.bin", "not weights");
    Write("scheduler.pt", "not weights");
    Write("rng_state_0.pth", "not weights");
    Write("tokenizer.model", "");
    const Checkpoint checkpoint = Open();
    EXPECT_EQ(checkpoint.path, Path());
    EXPECT_THAT(Files(checkpoint), ElementsAre(absl::StrCat("weights:", name), "tokenizer:tokenizer.model"));
    EXPECT_THAT(checkpoint.remarks, IsEmpty());
  }
}

TEST_F(OpenCheckpointTest, PrefersStandardNamesToOthers) {
  Write("model.safetensors", Weights({"a"}));
  Write("adapter.safetensors", Weights({"b"}));
  EXPECT_THAT(Names(Open()), ElementsAre("a"));
}

TEST_F(OpenCheckpointTest, RefusesSeveralCompleteCheckpoints) {
  const std::map<std::string, std::string> pairs = {{"pytorch_model.bin", "model_state.pdparams"},
                                                    {"pytorch_model.bin", "model.safetensors"},
                                                    {"one.pth", "two.pth"},
                                                    {"one.pt", "two.safetensors"}};
  for (const auto& [one, two] : pairs) {
    Clear();
    Write(one, Weights({"a"}));
    Write(two, Weights({"a"}));
    EXPECT_THAT(OpenCheckpoint(Path()),
                AllOf(FailsWith(StatusCode::kFailedPrecondition, "2 complete checkpoints"), FailsWith(StatusCode::kFailedPrecondition, one),
                      FailsWith(StatusCode::kFailedPrecondition, two)));
    EXPECT_THAT(Names(Open(one)), ElementsAre("a")) << "the file itself may be named";
  }
}

TEST_F(OpenCheckpointTest, JoinsShardsInTheOrderOfTheirNames) {
  Write("model-00002-of-00002.safetensors", Weights({"d", "a"}, R"({"format":"pt","who":"two"})"));
  Write("model-00001-of-00002.safetensors", Weights({"c", "b"}, R"({"format":"pt","rank":"8","who":"one"})"));
  Write("model.safetensors.index.json", Index(R"({"a":"model-00002-of-00002.safetensors","b":"model-00001-of-00002.safetensors",
      "c":"model-00001-of-00002.safetensors","d":"model-00002-of-00002.safetensors"})",
                                              "4"));
  Write("config.json", R"({"vocab_size": 3})");
  for (const char* name : {"", "model.safetensors.index.json"}) {
    const Checkpoint checkpoint = Open(name);
    EXPECT_EQ(checkpoint.path, Path(name));
    EXPECT_EQ(checkpoint.format, "index");
    EXPECT_THAT(Names(checkpoint), ElementsAre("c", "b", "d", "a"));
    EXPECT_THAT(Files(checkpoint), ElementsAre("index:model.safetensors.index.json", "weights:model-00001-of-00002.safetensors",
                                               "weights:model-00002-of-00002.safetensors", "config:config.json"));
    EXPECT_THAT(checkpoint.metadata, ElementsAre(testing::Pair("format", "pt"), testing::Pair("rank", "8"))) << "who is contradicted";
    EXPECT_THAT(checkpoint.remarks, ElementsAre(AllOf(HasSubstr("metadata"), HasSubstr("who"))));
    EXPECT_EQ(checkpoint.facts.count("vocab_size"), 1u);
    EXPECT_FALSE(checkpoint.is_ordered) << "safetensors sorts each shard";
  }
  EXPECT_THAT(Names(Open("model-00002-of-00002.safetensors")), ElementsAre("d", "a")) << "one shard may be named by itself";
}

TEST_F(OpenCheckpointTest, ReportsATotalSizeThatDiffers) {
  Write("a.bin", Weights({"a"}));
  for (const char* total_size : {"1", "1.0"}) {
    Write("x.index.json", Index(R"({"a":"a.bin"})", total_size));
    EXPECT_THAT(Open("x.index.json").remarks, IsEmpty());
  }
  Write("x.index.json", Index(R"({"a":"a.bin"})", "999"));
  EXPECT_THAT(Open("x.index.json").remarks, ElementsAre(AllOf(HasSubstr("999"), HasSubstr("have 1"))));
  Write("x.index.json", R"({"weight_map":{"a":"a.bin"}})");
  EXPECT_THAT(Open("x.index.json").remarks, IsEmpty());
}

TEST_F(OpenCheckpointTest, CountsAnIndexAndItsShardsAsOneCheckpoint) {
  Write("model.safetensors", Weights({"a"}));
  Write("model.safetensors.index.json", Index(R"({"a":"model.safetensors"})", "1"));
  EXPECT_EQ(Open().format, "index");
  Clear();
  Write("part_a.bin", Weights({"a"}));
  Write("part_b.bin", Weights({"b"}));
  Write("weights.index.json", Index(R"({"a":"part_a.bin","b":"part_b.bin"})"));
  EXPECT_THAT(Names(Open()), ElementsAre("a", "b"));
  Write("other.bin", Weights({"c"}));
  EXPECT_THAT(OpenCheckpoint(Path()), FailsWith(StatusCode::kFailedPrecondition, "other.bin, weights.index.json"));
}

TEST_F(OpenCheckpointTest, PassesOverAnIndexWithoutItsShardsAndSaysSo) {
  Write("model.safetensors", Weights({"a"}));
  Write("pytorch_model.bin.index.json", Index(R"({"a":"pytorch_model-00001-of-00001.bin"})", "1"));
  const Checkpoint checkpoint = Open();
  EXPECT_EQ(checkpoint.format, "safetensors");
  EXPECT_THAT(checkpoint.remarks, ElementsAre(AllOf(HasSubstr("pytorch_model.bin.index.json"), HasSubstr("00001-of-00001.bin"))));
  std::filesystem::remove(folder_ / "model.safetensors");
  EXPECT_THAT(OpenCheckpoint(Path()), FailsWith(StatusCode::kFailedPrecondition, "pytorch_model-00001-of-00001.bin"));
}

TEST_F(OpenCheckpointTest, RefusesShardsWithoutTheirIndex) {
  Write("pytorch_model-00002-of-00002.bin", Weights({"a"}));
  EXPECT_THAT(OpenCheckpoint(Path()), FailsWith(StatusCode::kFailedPrecondition, "without the index"));
}

TEST_F(OpenCheckpointTest, RefusesShardNamesBeforeOpeningAnything) {
  for (const char* name : {"", ".", "..", "/etc/passwd", "../a.bin", "sub/a.bin", "sub/../a.bin", "..\\\\a.bin", "a.bin\\u0000.txt",
                           "file:///etc/passwd", "https://example.com/a.bin"}) {
    // The first shard would be missing; the second name is looked at before that is noticed.
    Write("x.index.json", Index(absl::StrCat(R"({"a":"absent.bin","b":")", name, "\"}")));
    EXPECT_THAT(OpenCheckpoint(Path("x.index.json")), FailsWith(StatusCode::kDataLoss, "not a plain file name")) << name;
  }
  Write("x.index.json", Index(R"({"a":"x.index.json"})"));
  EXPECT_THAT(OpenCheckpoint(Path("x.index.json")), FailsWith(StatusCode::kDataLoss, "names itself"));
}

TEST_F(OpenCheckpointTest, RefusesIndexesThatBreakTheirFormat) {
  Write("a.bin", Weights({"a"}));
  Write("b.bin", Weights({"b"}));
  Write("also_a.bin", Weights({"a", "z"}));
  struct Case {
    const char* what;
    std::string index;
    std::string mention;
  };
  const Case cases[] = {
      {"no weight_map", R"({"metadata":{"total_size":2}})", "weight_map"},
      {"weight_map an array", Index(R"([["a","a.bin"]])"), "weight_map is an array"},
      {"weight_map null", Index("null"), "weight_map is null"},
      {"a shard that is a number", Index(R"({"a":3})"), "tensor \"a\": its shard is a whole number"},
      {"a shard that is an object", Index(R"({"a":{"file":"a.bin"}})"), "its shard is an object"},
      {"a tensor twice", Index(R"({"a":"a.bin","a":"b.bin"})"), "\"a\" stands twice"},
      {"weight_map twice", R"({"weight_map":{"a":"a.bin"},"weight_map":{"a":"a.bin"}})", "\"weight_map\" stands twice"},
      {"a shard that is missing", Index(R"({"a":"a.bin","b":"absent.bin"})"), "absent.bin is not there"},
      {"a shard that lacks the tensor", Index(R"({"a":"a.bin","x":"a.bin"})"), "tensor \"x\": its shard a.bin does not hold it"},
      {"a tensor that the index lacks", Index(R"({"a":"a.bin","q":"b.bin"})"), "b.bin: tensor \"b\" is not in the index"},
      {"a tensor in two shards", Index(R"({"a":"a.bin","z":"also_a.bin"})"), "tensor \"a\" lies here; the index places it in a.bin"},
      {"a tensor in the wrong shard", Index(R"({"a":"b.bin","b":"a.bin"})"), "the index places it in"},
      {"no JSON", "{\"weight_map\":", "no valid JSON"},
      {"deep", "{\"weight_map\":" + std::string(100'000, '['), "weight_map is an array"},
  };
  for (const Case& c : cases) {
    Write("x.index.json", c.index);
    EXPECT_THAT(OpenCheckpoint(Path("x.index.json")), FailsWith(StatusCode::kDataLoss, c.mention)) << c.what;
  }
  Write("x.index.json", "{\"metadata\":" + std::string(100'000, '['));
  EXPECT_THAT(OpenCheckpoint(Path("x.index.json")), FailsWith(StatusCode::kResourceExhausted, "nested"));
  Write("shard.index.json", Index(R"({"a":"a.bin"})", "1"));
  Write("x.index.json", Index(R"({"a":"shard.index.json"})"));
  EXPECT_THAT(OpenCheckpoint(Path("x.index.json")), FailsWith(StatusCode::kDataLoss, "no file of weights"));
}

// Reads `main` of files in memory, which are named as if they stood in `folder`.
absl::StatusOr<Checkpoint> ReadUnpublished(const std::string& main, const std::map<std::string, std::string>& files,
                                           const std::filesystem::path& folder = "/nowhere/out") {
  const auto open = [&](const std::string& name) -> absl::StatusOr<ByteSourcePtr> {
    const auto file = files.find(name);
    if (file == files.end()) return absl::NotFoundError("no such file");
    return MakeMemorySource(folder / name, file->second);
  };
  return ReadModel(*open(main), open, ReadLimits());
}

TEST(ReadModelTest, ReadsOneFileAndWhatBelongsToIt) {
  const absl::StatusOr<Checkpoint> checkpoint = ReadUnpublished("model.safetensors", {{"model.safetensors", Weights({"b", "a"})},
                                                                                      {"config.json", R"({"vocab_size": 3})"},
                                                                                      {"tokenizer.model", "not looked at"},
                                                                                      {"manifest.binpb", "not used"},
                                                                                      {"other.safetensors", "not used"}});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->path, "/nowhere/out/model.safetensors");
  EXPECT_EQ(checkpoint->format, "safetensors");
  EXPECT_THAT(Names(*checkpoint), ElementsAre("b", "a"));
  EXPECT_THAT(Files(*checkpoint), ElementsAre("weights:model.safetensors", "config:config.json", "tokenizer:tokenizer.model"));
  EXPECT_EQ(checkpoint->files[1].path, "/nowhere/out/config.json");
  EXPECT_EQ(checkpoint->facts, (Facts{{"vocab_size", int64_t{3}}}));
}

TEST(ReadModelTest, ReadsShardsThroughTheirIndex) {
  std::map<std::string, std::string> files = {{"x.index.json", Index(R"({"a":"a.bin","b":"b.bin"})")},
                                              {"a.bin", Weights({"a"})},
                                              {"b.bin", Weights({"b"})},
                                              {"generation_config.json", "{}"}};
  const absl::StatusOr<Checkpoint> checkpoint = ReadUnpublished("x.index.json", files);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->path, "/nowhere/out/x.index.json");
  EXPECT_THAT(Names(*checkpoint), ElementsAre("a", "b"));
  EXPECT_THAT(Files(*checkpoint), ElementsAre("index:x.index.json", "weights:a.bin", "weights:b.bin", "config:generation_config.json"));
  files.erase("b.bin");
  EXPECT_THAT(ReadUnpublished("x.index.json", files),
              FailsWith(StatusCode::kDataLoss, "reading /nowhere/out/x.index.json: its shard /nowhere/out/b.bin is not there"));
}

TEST(ReadModelTest, GivesWhatOpenCheckpointGivesOncePublished) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "published";
  std::filesystem::create_directories(folder);
  const std::map<std::string, std::string> files = {{"x.index.json", Index(R"({"a":"a.bin","b":"b.bin"})", "9")},
                                                    {"a.bin", Weights({"a"}, R"({"format":"pt"})")},
                                                    {"b.bin", Weights({"b"}, R"({"format":"pt"})")},
                                                    {"config.json", R"({"x":[1,2]})"},
                                                    {"tokenizer.json", "{}"}};
  for (const auto& [name, content] : files) std::ofstream(folder / name, std::ios::binary) << content;
  const absl::StatusOr<Checkpoint> before = ReadUnpublished("x.index.json", files, folder);
  const absl::StatusOr<Checkpoint> after = OpenCheckpoint(folder / "x.index.json");
  ASSERT_TRUE(before.ok() && after.ok()) << before.status() << after.status();
  EXPECT_EQ(before->path, after->path);
  EXPECT_EQ(before->format, after->format);
  EXPECT_EQ(before->is_ordered, after->is_ordered);
  EXPECT_EQ(before->metadata, after->metadata);
  EXPECT_EQ(before->facts, after->facts);
  EXPECT_EQ(before->remarks, after->remarks);
  EXPECT_EQ(Names(*before), Names(*after));
  EXPECT_EQ(Files(*before), Files(*after));
  for (size_t i = 0; i < before->files.size(); ++i) EXPECT_EQ(before->files[i].path, after->files[i].path);
}

TEST(ReadModelTest, FailsAsOpenCheckpointDoes) {
  EXPECT_THAT(ReadUnpublished("m", {{"m", ""}}), FailsWith(StatusCode::kDataLoss, "reading /nowhere/out/m: it is empty"));
  EXPECT_THAT(ReadUnpublished("m", {{"m", "\x1f\x8b\x08"}}), FailsWith(StatusCode::kUnimplemented, "gzip"));
  EXPECT_THAT(ReadUnpublished("m", {{"m", Weights({"a"})}, {"config.json", "{"}}),
              FailsWith(StatusCode::kDataLoss, "reading /nowhere/out/config.json: "));
  EXPECT_THAT(ReadUnpublished("m", {{"m", Index(R"({"a":"../m"})")}, {"a.bin", Weights({"a"})}}),
              FailsWith(StatusCode::kDataLoss, "not a plain file name"));
}

TEST_F(OpenCheckpointTest, RemarksThatANamedFileIsAPieceOfAModel) {
  struct Case {
    const char* name;
    const char* beside;
    const char* remark;  // Nothing where it is empty.
  };
  const Case cases[] = {
      {"model-00001-of-00002.safetensors", "x", "one shard of several (00001-of-00002)"},
      {"model-00001-of-00001.safetensors", "x", ""},
      {"consolidated.00.pth", "consolidated.01.pth", "one part of a model"},
      {"consolidated.00.pth", "x", ""},
      {"consolidated.01.pth", "x", "one part of a model"},
      {"model_state.tp00.pdparams", "x", "one part of a model"},
      {"lora_rank_64.safetensors", "x", ""},
      {"model.safetensors", "x", ""},
  };
  for (const Case& c : cases) {
    Clear();
    Write(c.name, Weights({"a"}));
    Write(c.beside, Weights({"b"}));
    const Checkpoint checkpoint = Open(c.name);
    EXPECT_THAT(Names(checkpoint), ElementsAre("a"));
    EXPECT_EQ(checkpoint.remarks.empty(), std::string(c.remark).empty()) << c.name;
    for (const std::string& remark : checkpoint.remarks) EXPECT_THAT(remark, HasSubstr(c.remark));
  }
}

TEST_F(OpenCheckpointTest, SaysThatALinkLeadsNowhere) {
  std::filesystem::create_symlink("../blobs/0123", folder_ / "model.safetensors");
  EXPECT_THAT(OpenCheckpoint(Path("model.safetensors")),
              FailsWith(StatusCode::kNotFound, "it is a link to ../blobs/0123, which is not there"));
  std::filesystem::remove(folder_ / "model.safetensors");
  Write("model.safetensors", Weights({"a"}));
  std::filesystem::create_symlink("../blobs/4567", folder_ / "config.json");
  EXPECT_THAT(Open().remarks, ElementsAre(AllOf(HasSubstr("config.json"), HasSubstr("../blobs/4567"))));
}

// A file of one tensor of two bytes.
std::string OfTwoBytes(const std::string& dtype, const std::string& metadata) {
  const std::string header = "{\"__metadata__\":" + metadata + ",\"w\":{\"dtype\":\"" + dtype + "\",\"shape\":[1],\"data_offsets\":[0,2]}}";
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  return length + header + "xy";
}

TEST_F(OpenCheckpointTest, ReadsUint16AsBfloat16OnlyWhereTheConfigSaysSo) {
  struct Case {
    const char* config;
    const char* metadata;
    bool is_bfloat16;
  };
  const char* numpy = R"({"format":"np"})";
  const char* torch = R"({"format":"pt"})";
  const Case cases[] = {
      {R"({"dtype":"bfloat16","paddlenlp_version":"2.8.0"})", numpy, true},
      {R"({"dtype":"bfloat16","paddlenlp_version":null})", numpy, true},
      {R"({"torch_dtype":"bfloat16"})", numpy, true},
      {R"({"dtype":"bfloat16"})", R"({"format":"paddle"})", true},
      {R"({"dtype":"bfloat16","paddlenlp_version":"2.8.0"})", "null", true},
      {R"({"paddlenlp_version":"2.8.0"})", numpy, true},
      {R"({"dtype":"float32","paddlenlp_version":"2.8.0"})", numpy, false},
      {R"({"dtype":16,"paddlenlp_version":"2.8.0"})", numpy, false},
      {R"({"dtype":"bfloat16"})", torch, false},
      {R"({"dtype":"bfloat16"})", "null", false},
      {"{}", numpy, false},
  };
  for (const Case& c : cases) {
    Write("config.json", c.config);
    Write("model.safetensors", OfTwoBytes("U16", c.metadata));
    const Checkpoint checkpoint = Open();
    ASSERT_EQ(checkpoint.tensors().size(), 1u);
    EXPECT_EQ(checkpoint.tensors()[0].tensor.spec().dtype, c.is_bfloat16 ? DType::kBfloat16 : DType::kUint16) << c.config << c.metadata;
    EXPECT_EQ(checkpoint.remarks.size(), c.is_bfloat16 ? 1u : 0u);
  }
  Write("config.json", cases[0].config);
  Write("model.safetensors", OfTwoBytes("I16", numpy));
  EXPECT_EQ(Open().tensors()[0].tensor.spec().dtype, DType::kInt16);
}

TEST_F(OpenCheckpointTest, NamesTheFileOnceInEveryMessage) {
  Write("m.safetensors", Weights({"a"}).substr(0, 20));
  const absl::Status status = OpenCheckpoint(Path("m.safetensors")).status();
  const std::string prefix = "reading " + Path("m.safetensors") + ": ";
  EXPECT_THAT(std::string(status.message()), testing::StartsWith(prefix));
  EXPECT_THAT(std::string(status.message()).substr(prefix.size()), Not(HasSubstr("reading")));
}

}  // namespace
}  // namespace weighbridge
