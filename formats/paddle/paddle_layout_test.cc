#include "formats/paddle/paddle_layout.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "formats/layout.h"
#include "formats/paddle/paddle_test_util.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using paddle::Render;
using paddle::Sha256Hex;

// Byte j of tensor i is i + j, as in pickle_oracle.py.
std::string Filled(const std::vector<LayoutRow>& rows) {
  absl::StatusOr<Layout> layout = PaddleLayout(rows);
  EXPECT_TRUE(layout.ok()) << layout.status();
  if (!layout.ok()) return "";
  std::vector<std::string> payloads;
  for (size_t i = 0; i < layout->slots.size(); ++i) {
    std::string payload(layout->slots[i].size, '\0');
    for (size_t j = 0; j < payload.size(); ++j) payload[j] = static_cast<char>(i + j);
    payloads.push_back(std::move(payload));
  }
  return Render(*layout, payloads);
}

constexpr DType kDTypes[] = {DType::kFloat32, DType::kFloat16, DType::kBfloat16, DType::kInt64, DType::kBool, DType::kComplex128};

LayoutRow Row(std::string name, Shape shape, int dtype, std::string tensor_name) {
  return {.name = std::move(name), .spec = {kDTypes[dtype], std::move(shape)}, .tensor_name = std::move(tensor_name)};
}

std::vector<LayoutRow> Many(int count) {
  const Shape shapes[] = {{2}, {2, 3}, {}, {1, 2, 3}, {2, 1, 1, 2}, {0}, {3, 0}};
  std::vector<LayoutRow> rows;
  for (int i = 0; i < count; ++i) {
    const bool single_byte = i % 6 == 4 && i % 7 == 2;
    rows.push_back(Row(absl::StrFormat("layer.%d.weight", i), single_byte ? Shape{2} : shapes[i % 7], i % 6,
                       absl::StrFormat("linear_%d.w_0", i % 50)));
  }
  return rows;
}

TEST(PaddleLayoutTest, WritesTheGoldenVectorOfTheReference) {
  const std::vector<LayoutRow> rows = {
      {.name = "vision_model.a", .spec = {DType::kFloat32, {2, 3}}, .tensor_name = "generated_tensor_0"},
      {.name = "language_model.b", .spec = {DType::kFloat16, {3}}, .tensor_name = "linear_0.w_0"},
      {.name = "bf", .spec = {DType::kBfloat16, {2}}, .tensor_name = "eager_tmp_0"},
  };
  absl::StatusOr<Layout> layout = PaddleLayout(rows);
  ASSERT_TRUE(layout.ok()) << layout.status();
  // docs/spec/reference_pipeline.md F.3.
  const absl::string_view golden =
      "800495b3010000000000007d94288c0e766973696f6e5f6d6f64656c2e61948c156e756d70792e636f72652e6d756c74696172726179948c0c5f7265636f6e737472"
      "7563749493948c056e756d7079948c076e6461727261799493944b0085944301629487945294284b014b024b03869468058c0564747970659493948c026634948988"
      "87945294284b038c013c944e4e4e4affffffff4affffffff4b00749462894318000000000000803f0000004000004040000080400000a040947494628c106c616e67"
      "756167655f6d6f64656c2e6294680468074b008594680987945294284b014b038594680e8c02663294898887945294284b0368124e4e4e4affffffff4affffffff4b"
      "007494628943060000003c0040947494628c02626694680468074b008594680987945294284b014b028594680e8c02753294898887945294284b0368124e4e4e4aff"
      "ffffff4affffffff4b0074946289430400000100947494628c1b53747275637475726564546f506172616d657465724e616d654040947d942868018c1267656e6572"
      "617465645f74656e736f725f309468168c0c6c696e6561725f302e775f309468218c0b65616765725f746d705f309475752e";
  const std::vector<std::string> payloads = {absl::HexStringToBytes("000000000000803f0000004000004040000080400000a040"),
                                             absl::HexStringToBytes("0000003c0040"), absl::HexStringToBytes("00000100")};
  EXPECT_EQ(absl::BytesToHexString(Render(*layout, payloads)), golden);
}

struct OracleCase {
  const char* name;
  std::vector<LayoutRow> rows;
  const char* sha256;
};

// The hashes are what pickle_oracle.py prints.
std::vector<OracleCase> OracleCases() {
  std::vector<LayoutRow> opcodes;
  for (const int n : {127, 128, 32767, 32768, 100, 32769, 20000, 20001, 1, 40000}) {
    opcodes.push_back(Row(absl::StrCat("t", n), {n}, 1, absl::StrCat("n", n)));
  }
  std::vector<LayoutRow> extents;
  for (const int64_t n : {int64_t{255}, int64_t{256}, int64_t{65535}, int64_t{65536}, (int64_t{1} << 31) - 1, int64_t{1} << 31,
                          int64_t{1} << 39, int64_t{1} << 40}) {
    extents.push_back(Row(absl::StrCat("e", n), {n, 0}, 3, "x"));
  }
  std::vector<LayoutRow> texts = {
      Row("<", {2}, 0, "|"),
      Row("w", {2}, 2, "w"),
      Row("\xc3\xa9", {2}, 1, "\xc3\xa9"),
      Row("", {2}, 0, ""),
      Row("ab", {2}, 0, "ab"),
      Row("\xc4\x80", {2}, 0, "\xc4\x80"),
      Row("b", {2, 2}, 4, "|"),
      Row(std::string(300, 'c'), {2}, 4, std::string(70000, 'd')),
  };
  return {
      {"no tensors", {}, "17cf1824e5cac7e82618e9555f164465a7b45ad976aa106ed4bf6092d3daa32e"},
      {"one tensor", {Row("w", {2, 3}, 0, "linear_0.w_0")}, "97d676e50bb611b9e1c5f1eab608f9022c24edbeef857d64cfe333f98e027d58"},
      {"999 tensors", Many(999), "3c9ca7324a32ba1f119ed982d7a212e75f07a493035409169e2d6ebe7a1e86da"},
      {"1000 tensors", Many(1000), "b22d1d86b249a950d11c482601b6a09c6201c42769ccd05f2b259e59e2980566"},
      {"2003 tensors", Many(2003), "22925df0d13d44ba5b2303640480c22db366ca76d66cc9fe0683bd0ca4caadc3"},
      {"bytes opcodes and frames", opcodes, "0d6ec04237237be2d396c30babc92a08988063707f81a9003a27ebe17a0a35f5"},
      {"extents of every size", extents, "2084c99da4d6c49a90ee407c8100b54d0ada2f2779290c0a70964968b7ba4d1e"},
      {"shared texts", texts, "28a765910b418c73b60ea4352cae35366999e96b11c7e754da6c1363f01416ac"},
  };
}

TEST(PaddleLayoutTest, WritesWhatCPythonsPicklerWrites) {
  for (const OracleCase& oracle : OracleCases()) {
    EXPECT_EQ(Sha256Hex(Filled(oracle.rows)), oracle.sha256) << oracle.name;
  }
}

TEST(PaddleLayoutTest, LiteralsAndSlotsCoverTheFileExactly) {
  absl::StatusOr<Layout> layout = PaddleLayout(Many(100));
  ASSERT_TRUE(layout.ok()) << layout.status();
  ASSERT_EQ(layout->slots.size(), 100u);
  std::vector<std::pair<int64_t, int64_t>> ranges;
  for (const Layout::Literal& literal : layout->literals) ranges.emplace_back(literal.offset, literal.bytes.size());
  for (const Layout::Slot& slot : layout->slots) {
    if (slot.size > 0) ranges.emplace_back(slot.offset, slot.size);
  }
  std::sort(ranges.begin(), ranges.end());
  int64_t end = 0;
  for (const auto& [offset, size] : ranges) {
    EXPECT_EQ(offset, end);
    end = offset + size;
  }
  EXPECT_EQ(end, layout->size);
}

TEST(PaddleLayoutTest, UsesTheEightByteLengthFrom4GiB) {
  const int64_t four_gib = int64_t{1} << 32;
  const std::vector<LayoutRow> rows = {
      {.name = "below", .spec = {DType::kUint8, {four_gib - 1}}, .tensor_name = "a"},
      {.name = "at", .spec = {DType::kUint8, {four_gib}}, .tensor_name = "b"},
  };
  absl::StatusOr<Layout> layout = PaddleLayout(rows);
  ASSERT_TRUE(layout.ok()) << layout.status();
  ASSERT_EQ(layout->literals.size(), 3u);
  EXPECT_TRUE(absl::EndsWith(layout->literals[0].bytes,
                             "\x89"
                             "B\xff\xff\xff\xff"));
  EXPECT_TRUE(absl::EndsWith(layout->literals[1].bytes, std::string("\x89\x8e\0\0\0\0\1\0\0\0", 10)));
  EXPECT_EQ(layout->slots[1].size, four_gib);
}

TEST(PaddleLayoutTest, LaysOutA13BModelInMilliseconds) {
  std::vector<LayoutRow> rows;
  for (int i = 0; i < 1134; ++i) rows.push_back(Row(absl::StrFormat("language_model.llama.layers.%d.mlp.weight", i), {5120, 2304}, 1, "x"));
  const auto begin = std::chrono::steady_clock::now();
  absl::StatusOr<Layout> layout = PaddleLayout(rows);
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(layout.ok()) << layout.status();
  RecordProperty("milliseconds", absl::StrCat(time.count()));
  // Ten times what it takes, and more: only a change of its order of growth fails here.
  EXPECT_LT(time.count(), 500);
}

TEST(PaddleLayoutTest, RefusesWhatNoStateDictCanHold) {
  const struct {
    std::vector<LayoutRow> rows;
    absl::StatusCode code;
    const char* mention;
  } cases[] = {
      {{Row("w", {2}, 0, ""), Row("w", {3}, 0, "")}, absl::StatusCode::kInvalidArgument, "\"w\""},
      {{Row("StructuredToParameterName@@", {2}, 0, "")}, absl::StatusCode::kInvalidArgument, "StructuredToParameterName@@"},
      {{Row("UnpackBigParamInfor@@", {2}, 0, "")}, absl::StatusCode::kInvalidArgument, "UnpackBigParamInfor@@"},
      {{Row("w", {-2}, 0, "")}, absl::StatusCode::kInvalidArgument, "\"w\""},
      {{Row("w", {int64_t{1} << 40, int64_t{1} << 40}, 0, "")}, absl::StatusCode::kInvalidArgument, "\"w\""},
      {{Row("v", {int64_t{1} << 60}, 0, ""), Row("w", {int64_t{1} << 60}, 0, "")}, absl::StatusCode::kInvalidArgument, "2^62"},
      {{{"w", {DType::kUint16, {2}}, ""}}, absl::StatusCode::kUnimplemented, "uint16"},
      {{{"w", {DType::kFloat8E4M3Fn, {2}}, ""}}, absl::StatusCode::kUnimplemented, "float8_e4m3fn"},
      {{{"w", {DType::kFloat8E8M0Fnu, {2}}, ""}}, absl::StatusCode::kUnimplemented, "float8_e8m0fnu"},
  };
  for (const auto& c : cases) {
    const absl::Status status = PaddleLayout(c.rows).status();
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), c.mention)) << status;
  }
}

}  // namespace
}  // namespace weighbridge
