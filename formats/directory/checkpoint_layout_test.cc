#include "formats/directory/checkpoint_layout.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "formats/directory/read_model.h"
#include "formats/layout.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa-l/crc.h"
#include "nlohmann/json.hpp"

namespace weighbridge {
namespace {

using absl::StatusCode;
using testing::ElementsAre;

MATCHER_P2(FailsWith, code, mention, "") {
  *result_listener << arg.status();
  return arg.status().code() == code && absl::StrContains(arg.status().message(), mention);
}

// A row of so many bytes.
LayoutRow Row(const std::string& name, int64_t bytes) {
  return {.name = name, .spec = {DType::kUint8, {bytes}}, .tensor_name = "w_" + name};
}

// "NAME: first row, slots", of each file of weights.
std::vector<std::string> Files(const CheckpointLayout& checkpoint) {
  std::vector<std::string> files;
  for (const CheckpointLayout::Weights& weights : checkpoint.weights) {
    files.push_back(absl::StrCat(weights.name, ": ", weights.first_row, ", ", weights.layout.slots.size()));
  }
  return files;
}

int64_t SlotBytes(const Layout& layout) {
  int64_t bytes = 0;
  for (const Layout::Slot& slot : layout.slots) bytes += slot.size;
  return bytes;
}

// The file of a layout whose slots hold that.
std::string Fill(const Layout& layout, absl::Span<const std::string> payloads) {
  std::string file(layout.size, '\xee');
  for (const Layout::Literal& literal : layout.literals) file.replace(literal.offset, literal.bytes.size(), literal.bytes);
  for (size_t k = 0; k < layout.slots.size(); ++k) file.replace(layout.slots[k].offset, payloads[k].size(), payloads[k]);
  for (const Layout::Checksum& checksum : layout.checksums) {
    const std::string& payload = payloads[checksum.slot];
    const uint32_t crc = crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(payload.data()), payload.size());
    for (int byte = 0; byte < 4; ++byte) file[checksum.offset + byte] = static_cast<char>(crc >> (8 * byte));
  }
  return file;
}

// Payloads of which no two rows have the same.
std::vector<std::string> Payloads(absl::Span<const LayoutRow> rows) {
  std::vector<std::string> payloads;
  for (size_t k = 0; k < rows.size(); ++k) {
    const size_t tensor = rows[k].same_as.value_or(k);
    payloads.emplace_back(*ByteSize(rows[k].spec), static_cast<char>('a' + tensor));
  }
  return payloads;
}

// All files of a checkpoint by name, as they will be when it is written.
std::map<std::string, std::string> Write(const CheckpointLayout& checkpoint, absl::Span<const std::string> payloads) {
  std::map<std::string, std::string> files;
  for (const CheckpointLayout::Weights& weights : checkpoint.weights) {
    files[weights.name] = Fill(weights.layout, payloads.subspan(weights.first_row, weights.layout.slots.size()));
  }
  if (checkpoint.index) files[checkpoint.index->name] = checkpoint.index->bytes;
  return files;
}

absl::StatusOr<Checkpoint> ReadBack(const CheckpointLayout& layout, absl::Span<const std::string> payloads) {
  const std::map<std::string, std::string> files = Write(layout, payloads);
  const auto open = [&](const std::string& name) -> absl::StatusOr<ByteSourcePtr> {
    const auto file = files.find(name);
    if (file == files.end()) return absl::NotFoundError("no such file");
    return MakeMemorySource("/out/" + name, file->second);
  };
  return ReadModel(*open(layout.index ? layout.index->name : layout.weights[0].name), open, ReadLimits());
}

std::string Bytes(const StoredTensor& tensor) {
  std::string bytes(tensor.byte_size(), '\0');
  EXPECT_TRUE(ReadRegion(tensor, WholeRegion(tensor.spec().shape), absl::MakeSpan(bytes)).ok());
  return bytes;
}

TEST(WeightsFormatTest, NamesAreReadBack) {
  for (const WeightsFormat format : {WeightsFormat::kTorch, WeightsFormat::kSafetensors, WeightsFormat::kPdparams}) {
    EXPECT_EQ(ParseWeightsFormat(WeightsFormatName(format)), format);
  }
  EXPECT_EQ(WeightsFileName(WeightsFormat::kTorch), "pytorch_model.bin");
  EXPECT_EQ(WeightsFileName(WeightsFormat::kSafetensors), "model.safetensors");
  EXPECT_EQ(WeightsFileName(WeightsFormat::kPdparams), "model_state.pdparams");
  for (const char* name : {"", "pytorch", "bin", "Torch"}) EXPECT_EQ(ParseWeightsFormat(name), std::nullopt) << name;
}

TEST(LayOutCheckpointTest, FillsShardsGreedilyInTheRowsOrder) {
  const std::vector<LayoutRow> rows = {Row("d", 6), Row("a", 4), Row("c", 1), Row("e", 0), Row("b", 10), Row("f", 0)};
  absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, {.format = WeightsFormat::kTorch, .max_shard_size = 10});
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_THAT(Files(*layout), ElementsAre("pytorch_model-00001-of-00003.bin: 0, 2", "pytorch_model-00002-of-00003.bin: 2, 2",
                                          "pytorch_model-00003-of-00003.bin: 4, 2"));
  ASSERT_TRUE(layout->index);
  EXPECT_EQ(layout->index->name, "pytorch_model.bin.index.json");
  EXPECT_EQ(layout->index->bytes, R"({
  "metadata": {
    "total_size": 21
  },
  "weight_map": {
    "a": "pytorch_model-00001-of-00003.bin",
    "b": "pytorch_model-00003-of-00003.bin",
    "c": "pytorch_model-00002-of-00003.bin",
    "d": "pytorch_model-00001-of-00003.bin",
    "e": "pytorch_model-00002-of-00003.bin",
    "f": "pytorch_model-00003-of-00003.bin"
  }
}
)");
}

TEST(LayOutCheckpointTest, MakesOneFileUnderItsOwnNameWhereOneIsEnough) {
  const std::vector<LayoutRow> rows = {Row("a", 6), Row("b", 4)};
  for (const std::optional<int64_t> limit : {std::optional<int64_t>(), std::optional<int64_t>(10)}) {
    absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, {.format = WeightsFormat::kSafetensors, .max_shard_size = limit});
    ASSERT_TRUE(layout.ok()) << layout.status();
    EXPECT_THAT(Files(*layout), ElementsAre("model.safetensors: 0, 2"));
    EXPECT_FALSE(layout->index);
  }
}

TEST(LayOutCheckpointTest, LeavesTheEmptyShardThatTransformersLeaves) {
  const std::vector<LayoutRow> rows = {Row("a", 11), Row("b", 10), Row("c", 12)};
  for (const WeightsFormat format : {WeightsFormat::kTorch, WeightsFormat::kSafetensors}) {
    absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, {.format = format, .max_shard_size = 10});
    ASSERT_TRUE(layout.ok()) << layout.status();
    ASSERT_EQ(layout->weights.size(), 4u);
    EXPECT_THAT(Files(*layout)[0], testing::HasSubstr("-00001-of-00004"));
    EXPECT_EQ(layout->weights[0].layout.slots.size(), 0u);
    EXPECT_GT(layout->weights[0].layout.size, 0) << "the file is there";
    EXPECT_FALSE(absl::StrContains(layout->index->bytes, "00001-of"));
    absl::StatusOr<Checkpoint> checkpoint = ReadBack(*layout, Payloads(rows));
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(checkpoint->tensors().size(), 3u);
    // The empty file is a checkpoint of its own.
    layout->index.reset();
    EXPECT_TRUE(ReadBack(*layout, Payloads(rows)).ok());
  }
}

TEST(LayOutCheckpointTest, LeavesNoEmptyShardForPaddle) {
  const std::vector<LayoutRow> rows = {Row("z", 11), Row("b", 10), Row("a", 12)};
  absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, {.format = WeightsFormat::kPdparams, .max_shard_size = 10});
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_THAT(Files(*layout), ElementsAre("model_state-00001-of-00003.pdparams: 0, 1", "model_state-00002-of-00003.pdparams: 1, 1",
                                          "model_state-00003-of-00003.pdparams: 2, 1"));
  EXPECT_EQ(layout->index->name, "model_state.pdparams.index.json");
  EXPECT_EQ(layout->index->bytes, R"({
  "metadata": {
    "total_size": 33
  },
  "weight_map": {
    "z": "model_state-00001-of-00003.pdparams",
    "b": "model_state-00002-of-00003.pdparams",
    "a": "model_state-00003-of-00003.pdparams"
  }
}
)");
}

TEST(LayOutCheckpointTest, IsReadBackInEveryFormat) {
  const std::vector<LayoutRow> rows = {Row("d", 6), Row("a", 4), Row("c", 1), Row("b", 10)};
  const std::vector<std::string> payloads = Payloads(rows);
  for (const WeightsFormat format : {WeightsFormat::kTorch, WeightsFormat::kSafetensors, WeightsFormat::kPdparams}) {
    for (const std::optional<int64_t> limit : {std::optional<int64_t>(), std::optional<int64_t>(10)}) {
      const CheckpointLayoutOptions options = {.format = format, .max_shard_size = limit, .metadata = {{"format", "pt"}}};
      absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, options);
      ASSERT_TRUE(layout.ok()) << layout.status();
      absl::StatusOr<Checkpoint> checkpoint = ReadBack(*layout, payloads);
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
      EXPECT_TRUE(checkpoint->remarks.empty()) << checkpoint->remarks[0];
      EXPECT_EQ(checkpoint->is_ordered, format != WeightsFormat::kSafetensors);
      EXPECT_EQ(checkpoint->metadata.size(), format == WeightsFormat::kSafetensors ? 1u : 0u);
      ASSERT_EQ(checkpoint->tensors().size(), rows.size());
      for (size_t k = 0; k < rows.size(); ++k) {
        const CheckpointTensor* tensor = checkpoint->Find(rows[k].name);
        ASSERT_NE(tensor, nullptr) << rows[k].name;
        EXPECT_EQ(Bytes(tensor->tensor), payloads[k]) << rows[k].name;
        // A shard of Paddle's carries the names of its own tensors.
        EXPECT_EQ(tensor->tensor_name, format == WeightsFormat::kPdparams ? rows[k].tensor_name : "");
        if (checkpoint->is_ordered) {
          EXPECT_EQ(checkpoint->tensors()[k].name, rows[k].name);
        }
      }
    }
  }
}

TEST(LayOutCheckpointTest, NotesModulesInASingleFileOnly) {
  const std::vector<LayoutRow> rows = {Row("a.w", 6), Row("b.w", 6)};
  CheckpointLayoutOptions options = {.format = WeightsFormat::kTorch, .module_versions = ModuleVersions{{"", 1}, {"a", 1}, {"b", 1}}};
  for (const std::optional<int64_t> limit : {std::optional<int64_t>(), std::optional<int64_t>(10)}) {
    options.max_shard_size = limit;
    absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, options);
    ASSERT_TRUE(layout.ok()) << layout.status();
    const std::string file = Write(*layout, Payloads(rows))[layout->weights[0].name];
    EXPECT_EQ(absl::StrContains(file, "_metadata"), !limit);
  }
}

TEST(LayOutCheckpointTest, SharesBytesOfTiedRowsWithinAShard) {
  // Rows 2 and 4 are row 0, row 5 is row 3.
  std::vector<LayoutRow> rows = {Row("a", 4), Row("b", 5), Row("c", 4), Row("d", 1), Row("e", 4), Row("f", 1)};
  rows[2].same_as = 0;
  rows[4].same_as = 2;
  rows[5].same_as = 3;
  const auto slots_of = [&](std::optional<int64_t> limit) {
    absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, {.format = WeightsFormat::kTorch, .max_shard_size = limit});
    EXPECT_TRUE(layout.ok()) << layout.status();
    std::vector<std::vector<int64_t>> offsets;
    for (const CheckpointLayout::Weights& weights : layout->weights) {
      offsets.emplace_back();
      for (const Layout::Slot& slot : weights.layout.slots) offsets.back().push_back(slot.offset);
    }
    return offsets;
  };
  const std::vector<std::vector<int64_t>> whole = slots_of(std::nullopt);
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(whole[0][2], whole[0][0]);
  EXPECT_EQ(whole[0][4], whole[0][0]);
  EXPECT_EQ(whole[0][5], whole[0][3]);
  EXPECT_NE(whole[0][1], whole[0][0]);
  // a and b, then c, d, e, f: row 0 stands again, once.
  const std::vector<std::vector<int64_t>> shards = slots_of(10);
  ASSERT_EQ(shards.size(), 2u);
  ASSERT_EQ(shards[0].size(), 2u);
  ASSERT_EQ(shards[1].size(), 4u);
  EXPECT_EQ(shards[1][2], shards[1][0]);
  EXPECT_EQ(shards[1][3], shards[1][1]);
  EXPECT_NE(shards[1][0], shards[1][1]);
  // Every occurrence counts, as transformers 4.28 counts them.
  absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, {.format = WeightsFormat::kTorch, .max_shard_size = 10});
  EXPECT_TRUE(absl::StrContains(layout->index->bytes, "\"total_size\": 19"));
  absl::StatusOr<Checkpoint> checkpoint =
      ReadBack(*layout, Payloads({Row("a", 4), Row("b", 5), Row("c", 4), Row("d", 1), Row("e", 4), Row("f", 1)}));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_TRUE(checkpoint->remarks.empty()) << checkpoint->remarks[0];
}

TEST(LayOutCheckpointTest, WritesNamesThatAreNotAsciiAsPythonDoes) {
  const std::vector<LayoutRow> rows = {Row("\x7f\"\\\n\x01é权\xf0\x9f\x98\x80", 6), Row("b", 6)};
  absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, {.format = WeightsFormat::kTorch, .max_shard_size = 6});
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_THAT(layout->index->bytes,
              testing::HasSubstr(R"("\u007f\"\\\n\u0001\u00e9\u6743\ud83d\ude00": "pytorch_model-00001-of-00002.bin")"));
}

TEST(LayOutCheckpointTest, SaysWhatCannotBeLaidOut) {
  const CheckpointLayoutOptions torch = {.format = WeightsFormat::kTorch, .max_shard_size = 10};
  for (const int64_t limit : {int64_t{0}, int64_t{-1}, INT64_MIN}) {
    EXPECT_THAT(LayOutCheckpoint({}, {.format = WeightsFormat::kTorch, .max_shard_size = limit}),
                FailsWith(StatusCode::kInvalidArgument, "shards cannot have at most"));
  }
  for (const WeightsFormat format : {WeightsFormat::kTorch, WeightsFormat::kSafetensors, WeightsFormat::kPdparams}) {
    EXPECT_THAT(LayOutCheckpoint({Row("a", 6), Row("b", 6), Row("a", 6)}, {.format = format, .max_shard_size = 10}),
                FailsWith(StatusCode::kInvalidArgument, "\"a\""))
        << "in different shards";
    EXPECT_THAT(LayOutCheckpoint({Row("a", 6), Row("a", 6)}, {.format = format}),
                FailsWith(StatusCode::kInvalidArgument, absl::StrCat(WeightsFileName(format), ": ")));
    EXPECT_FALSE(LayOutCheckpoint({Row("a", 6), Row("\xff", 6)}, {.format = format, .max_shard_size = 6}).ok()) << "no UTF-8";
  }
  EXPECT_THAT(LayOutCheckpoint({Row("a", 6), {.name = "q", .spec = {DType::kFloat8E5M2, {9}}, .tensor_name = ""}}, torch),
              FailsWith(StatusCode::kUnimplemented, "pytorch_model-00002-of-00002.bin: tensor \"q\""));
  EXPECT_THAT(LayOutCheckpoint({Row("a", -1)}, torch), FailsWith(StatusCode::kDataLoss, "tensor \"a\""));
  EXPECT_THAT(LayOutCheckpoint({Row("a", INT64_MAX), Row("b", INT64_MAX)}, torch), FailsWith(StatusCode::kDataLoss, "exceed"));
}

struct LlamaShape {
  int64_t hidden;
  int64_t intermediate;
  int layers;
  int64_t vocabulary;
};

// What state_dict() of transformers 4.28 holds in float16, in its order (docs/spec/reference_pipeline.md D.5).
std::vector<LayoutRow> LlamaRows(const LlamaShape& shape) {
  std::vector<LayoutRow> rows;
  const auto add = [&](const std::string& name, Shape extents, DType dtype = DType::kFloat16) {
    rows.push_back({.name = name, .spec = {dtype, std::move(extents)}, .tensor_name = ""});
  };
  add("model.embed_tokens.weight", {shape.vocabulary, shape.hidden});
  for (int layer = 0; layer < shape.layers; ++layer) {
    const std::string prefix = absl::StrCat("model.layers.", layer, ".");
    for (const char* name : {"q_proj", "k_proj", "v_proj", "o_proj"}) {
      add(absl::StrCat(prefix, "self_attn.", name, ".weight"), {shape.hidden, shape.hidden});
    }
    add(prefix + "self_attn.rotary_emb.inv_freq", {64}, DType::kFloat32);
    add(prefix + "mlp.gate_proj.weight", {shape.intermediate, shape.hidden});
    add(prefix + "mlp.down_proj.weight", {shape.hidden, shape.intermediate});
    add(prefix + "mlp.up_proj.weight", {shape.intermediate, shape.hidden});
    add(prefix + "input_layernorm.weight", {shape.hidden});
    add(prefix + "post_attention_layernorm.weight", {shape.hidden});
  }
  add("model.norm.weight", {shape.hidden});
  add("lm_head.weight", {shape.vocabulary, shape.hidden});
  return rows;
}

TEST(LayOutCheckpointTest, DividesRealModelsAsTransformersDid) {
  struct Case {
    const char* what;
    LlamaShape shape;
    int64_t total_size;
    std::vector<int64_t> shard_sizes;
    std::vector<std::string> last;  // Of each shard but the last.
  };
  const Case cases[] = {
      {"7B", {4096, 11008, 32, 32001}, 13'476'855'808, {9'976'559'616, 3'500'296'192}, {"model.layers.23.post_attention_layernorm.weight"}},
      {"13B",
       {5120, 13824, 40, 32001},
       26'031'759'360,
       {9'948'686'080, 9'904'111'616, 6'178'961'664},
       {"model.layers.15.self_attn.k_proj.weight", "model.layers.30.mlp.down_proj.weight"}},
  };
  for (const Case& c : cases) {
    const std::vector<LayoutRow> rows = LlamaRows(c.shape);
    for (const WeightsFormat format : {WeightsFormat::kTorch, WeightsFormat::kSafetensors, WeightsFormat::kPdparams}) {
      absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, {.format = format, .max_shard_size = 10'000'000'000});
      ASSERT_TRUE(layout.ok()) << layout.status();
      EXPECT_TRUE(absl::StrContains(layout->index->bytes, absl::StrCat("\"total_size\": ", c.total_size, "\n"))) << c.what;
      std::vector<int64_t> sizes;
      std::vector<std::string> last;
      for (const CheckpointLayout::Weights& weights : layout->weights) {
        sizes.push_back(SlotBytes(weights.layout));
        if (weights.first_row > 0) last.push_back(rows[weights.first_row - 1].name);
      }
      EXPECT_EQ(sizes, c.shard_sizes) << c.what;
      EXPECT_EQ(last, c.last) << c.what;
    }
  }
}

// The goldens' own shards, which transformers 4.28 and torch 1.12.1 wrote.
class GoldenLayoutTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("WEIGHBRIDGE_SHARED");
    if (shared == nullptr || !std::filesystem::is_directory(shared)) GTEST_SKIP() << "WEIGHBRIDGE_SHARED names no folder";
    set_ = std::filesystem::path(shared) / "golden" / GetParam();
  }

  static std::string Load(const std::filesystem::path& path) {
    std::ostringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return content.str();
  }

  std::filesystem::path set_;
};

// "10GB", "100KB".
int64_t ParseSize(const std::string& text) {
  const std::map<std::string, int64_t> units = {{"KB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}};
  return std::stoll(text) * units.at(text.substr(text.size() - 2));
}

TEST_P(GoldenLayoutTest, GivesTheBytesOfEveryFileOfWeights) {
  const nlohmann::json parameters = nlohmann::json::parse(Load(set_ / "expected.json"))["parameters"];
  const std::map<std::string, std::string> limits = {
      {"llama", parameters["base_shard"]}, {"delta", parameters["delta_shard"]}, {"vicuna", "10GB"}};
  for (const auto& [part, limit] : limits) {
    absl::StatusOr<Checkpoint> golden = OpenCheckpoint(set_ / part);
    ASSERT_TRUE(golden.ok()) << golden.status();
    std::vector<LayoutRow> rows;
    std::vector<std::string> payloads;
    for (const CheckpointTensor& tensor : golden->tensors()) {
      rows.push_back({.name = tensor.name, .spec = tensor.tensor.spec(), .tensor_name = ""});
      payloads.push_back(Bytes(tensor.tensor));
    }
    absl::StatusOr<CheckpointLayout> layout = LayOutCheckpoint(rows, {.format = WeightsFormat::kTorch, .max_shard_size = ParseSize(limit)});
    ASSERT_TRUE(layout.ok()) << layout.status();
    std::map<std::string, std::string> written;
    for (const auto& file : std::filesystem::directory_iterator(set_ / part)) {
      const std::string name = file.path().filename();
      if (absl::StartsWith(name, "pytorch_model")) written[name] = Load(file.path());
    }
    std::map<std::string, std::string> made = Write(*layout, payloads);
    std::vector<std::string> written_names;
    for (const auto& [name, content] : written) written_names.push_back(name);
    std::vector<std::string> made_names;
    for (const auto& [name, content] : made) made_names.push_back(name);
    ASSERT_EQ(made_names, written_names) << part;
    for (const auto& [name, content] : written) EXPECT_TRUE(made[name] == content) << part << "/" << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, GoldenLayoutTest, testing::Values("tiny", "small", "wide", "cast", "padtrap"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace weighbridge
