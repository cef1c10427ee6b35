#include "formats/safetensors/safetensors_layout.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/base/internal/endian.h"
#include "absl/status/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"
#include "formats/read_limits.h"
#include "formats/safetensors/read_safetensors.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using testing::HasSubstr;

LayoutRow Row(std::string name, DType dtype, Shape shape) {
  return {std::move(name), {dtype, std::move(shape)}, ""};
}

std::string Header(const Layout& layout) {
  return layout.literals.at(0).bytes.substr(8);
}

// One tensor of two elements for every type that safetensors has, in the order of DType.
std::vector<LayoutRow> OneOfEachType() {
  std::vector<LayoutRow> rows;
  for (DType dtype : AllDTypes()) {
    if (dtype != DType::kComplex128) rows.push_back(Row(std::string(DTypeName(dtype)), dtype, {2}));
  }
  return rows;
}

// Expected: what safetensors 0.8.0's serialize() gave for the same tensors.
TEST(SafetensorsLayoutTest, GivesTheReferencesOrderOfTypes) {
  absl::StatusOr<Layout> layout = SafetensorsLayout(OneOfEachType(), {});
  ASSERT_TRUE(layout.ok()) << layout.status();
  const char* expected[] = {"U64", "I64",         "F64",         "C64",     "F32",     "U32",     "I32", "BF16", "F16", "U16",
                            "I16", "F8_E5M2FNUZ", "F8_E4M3FNUZ", "F8_E8M0", "F8_E4M3", "F8_E5M2", "I8",  "U8",   "BOOL"};
  size_t position = 0;
  for (const char* code : expected) {
    const size_t next = Header(*layout).find(std::string("\"dtype\":\"") + code + "\"");
    ASSERT_NE(next, std::string::npos) << code;
    EXPECT_GE(next, position) << code;
    position = next;
  }
}

TEST(SafetensorsLayoutTest, GivesTheReferencesBytes) {
  EXPECT_EQ(Header(*SafetensorsLayout({}, {})), "{}      ");
  const std::vector<LayoutRow> rows = {Row("b", DType::kFloat32, {2, 0}), Row("\x07\x7f\xc3\xa9\"\\\n/", DType::kUint8, {}),
                                       Row("a", DType::kUint8, {0}), Row("B", DType::kUint8, {3})};
  absl::StatusOr<Layout> layout = SafetensorsLayout(rows, {{"b", "x"}, {"a", "y"}});
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(
      Header(*layout),
      "{\"__metadata__\":{\"a\":\"y\",\"b\":\"x\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2,0],\"data_offsets\":[0,0]},"
      "\"\\u0007\x7f\xc3\xa9\\\"\\\\\\n/\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]},"
      "\"B\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[1,4]},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[4,4]}}     ");
}

// Fills slot k with the character 'A' + k and reads the file back.
TEST(SafetensorsLayoutTest, SlotsBelongToTheirRowsAndCoverTheFile) {
  const std::vector<LayoutRow> rows = OneOfEachType();
  absl::StatusOr<Layout> layout = SafetensorsLayout(rows, {{"format", "pt"}});
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(layout->literals.at(0).bytes.size() % 8, 0u);
  std::string file(layout->size, '\0');
  int64_t written = 0;
  for (const Layout::Literal& literal : layout->literals) {
    file.replace(literal.offset, literal.bytes.size(), literal.bytes);
    written += static_cast<int64_t>(literal.bytes.size());
  }
  ASSERT_EQ(layout->slots.size(), rows.size());
  for (size_t k = 0; k < rows.size(); ++k) {
    EXPECT_EQ(file.substr(layout->slots[k].offset, layout->slots[k].size), std::string(layout->slots[k].size, '\0')) << "written twice";
    file.replace(layout->slots[k].offset, layout->slots[k].size, layout->slots[k].size, static_cast<char>('A' + k));
    written += layout->slots[k].size;
  }
  EXPECT_EQ(written, layout->size);

  absl::StatusOr<Checkpoint> checkpoint = ReadSafetensors(MakeMemorySource("memory", file), {});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->tensors().size(), rows.size());
  for (size_t k = 0; k < rows.size(); ++k) {
    const CheckpointTensor* tensor = checkpoint->Find(rows[k].name);
    ASSERT_NE(tensor, nullptr) << rows[k].name;
    EXPECT_EQ(tensor->tensor.spec(), rows[k].spec);
    EXPECT_EQ(tensor->tensor.offset(), layout->slots[k].offset);
  }
}

TEST(SafetensorsLayoutTest, RefusesWhatTheFormatCannotHold) {
  struct Case {
    const char* what;
    std::vector<LayoutRow> rows;
    std::map<std::string, std::string> metadata;
    absl::StatusCode code;
    const char* mention;
  };
  std::string huge;
  huge.resize(100'000'000, 'x');
  const Case cases[] = {
      {"complex128",
       {Row("a", DType::kUint8, {1}), Row("z", DType::kComplex128, {1})},
       {},
       absl::StatusCode::kUnimplemented,
       "tensor \"z\": safetensors has no complex128"},
      {"a name twice, of two types",
       {Row("a", DType::kUint8, {1}), Row("a", DType::kFloat32, {1})},
       {},
       absl::StatusCode::kInvalidArgument,
       "\"a\""},
      {"the reserved name", {Row("__metadata__", DType::kUint8, {1})}, {}, absl::StatusCode::kInvalidArgument, "__metadata__"},
      {"a name that is not UTF-8", {Row("a\xff", DType::kUint8, {1})}, {}, absl::StatusCode::kInvalidArgument, "a\\xff"},
      {"metadata that is not UTF-8", {}, {{"a", "\xff"}}, absl::StatusCode::kInvalidArgument, "UTF-8"},
      {"too many elements", {Row("a", DType::kUint8, {INT64_MAX, 2})}, {}, absl::StatusCode::kDataLoss, "2^63"},
      {"too many bytes together",
       {Row("a", DType::kUint8, {INT64_MAX}), Row("b", DType::kUint8, {1})},
       {},
       absl::StatusCode::kDataLoss,
       "2^63"},
      {"a header beyond the limit", {}, {{"a", huge}}, absl::StatusCode::kResourceExhausted, "100000000"},
  };
  for (const Case& c : cases) {
    const absl::Status status = SafetensorsLayout(c.rows, c.metadata).status();
    EXPECT_EQ(status.code(), c.code) << c.what << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.mention)) << c.what;
  }
}

}  // namespace
}  // namespace weighbridge
