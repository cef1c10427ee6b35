#include "formats/safetensors/read_safetensors.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/internal/endian.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

std::string LittleEndian(uint64_t number) {
  std::string bytes(8, '\0');
  absl::little_endian::Store64(bytes.data(), number);
  return bytes;
}

// A file of that header and that many bytes of data.
std::string File(const std::string& header, int64_t data_size) {
  return LittleEndian(header.size()) + header + std::string(data_size, 'x');
}

// A tensor's entry, from its parts as they stand in the file.
std::string Entry(const std::string& name, const std::string& dtype, const std::string& shape, const std::string& data_offsets) {
  return "\"" + name + "\":{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + data_offsets + "}";
}

absl::StatusOr<Checkpoint> Read(const std::string& bytes, const ReadLimits& limits = {}) {
  return ReadSafetensors(MakeMemorySource("f.safetensors", bytes), limits);
}

std::vector<std::string> Names(const Checkpoint& checkpoint) {
  std::vector<std::string> names;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) names.push_back(tensor.name);
  return names;
}

TEST(ReadSafetensorsTest, TakesMetadataOfNullForNone) {
  for (const char* metadata : {"null", "{}"}) {
    const std::string header = absl::StrCat("{\"__metadata__\":", metadata, "}");
    const absl::StatusOr<Checkpoint> checkpoint = ReadSafetensors(MakeMemorySource("memory", File(header, 0)), {});
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_TRUE(checkpoint->metadata.empty());
  }
}

TEST(ReadSafetensorsTest, MakesTheTableByOffset) {
  const std::string header = "{" + Entry("late", "\"F16\"", "[2,3]", "[9,21]") + ",\"__metadata__\":{\"format\":\"pt\"}," +
                             Entry("flag", "\"BOOL\"", "[]", "[0,1]") + "," + Entry("c", "\"C64\"", "[1]", "[1,9]") + "}  ";
  absl::StatusOr<Checkpoint> checkpoint = Read(File(header, 21));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->path, "f.safetensors");
  EXPECT_EQ(checkpoint->format, "safetensors");
  EXPECT_FALSE(checkpoint->is_ordered);
  EXPECT_THAT(checkpoint->metadata, ElementsAre(Pair("format", "pt")));
  EXPECT_THAT(Names(*checkpoint), ElementsAre("flag", "c", "late"));
  const StoredTensor& late = checkpoint->Find("late")->tensor;
  EXPECT_EQ(late.spec(), (TensorSpec{DType::kFloat16, {2, 3}}));
  EXPECT_EQ(late.offset(), 8 + static_cast<int64_t>(header.size()) + 9);
  EXPECT_TRUE(late.IsRowMajor());
  EXPECT_EQ(checkpoint->Find("flag")->tensor.spec(), (TensorSpec{DType::kBool, {}}));
}

TEST(ReadSafetensorsTest, PutsEmptyTensorsBeforeTheOneThatBeginsThereAndKeepsTheirOrder) {
  const std::string header = "{" + Entry("full", "\"U8\"", "[4]", "[0,4]") + "," + Entry("z", "\"U8\"", "[0]", "[0,0]") + "," +
                             Entry("a", "\"F32\"", "[2,0]", "[0,0]") + "," + Entry("end", "\"F32\"", "[0]", "[4,4]") + "}";
  absl::StatusOr<Checkpoint> checkpoint = Read(File(header, 4));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(Names(*checkpoint), ElementsAre("z", "a", "full", "end"));
}

TEST(ReadSafetensorsTest, ReadsWhatTheReferenceReads) {
  EXPECT_TRUE(Read(File("{}", 0)).ok());
  EXPECT_TRUE(Read(File(" {} ", 0)).ok());
  EXPECT_TRUE(Read(File(R"({"a":{"dtype":"U8","stride":[[1]],"shape":[1],"data_offsets":[0,1]}})", 1)).ok()) << "an unknown field";
  absl::StatusOr<Checkpoint> named = Read(File("{" + Entry("a\\u0000b", "\"U8\"", "[1]", "[0,1]") + "}", 1));
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_THAT(Names(*named), ElementsAre(std::string("a\0b", 3)));
}

TEST(ReadSafetensorsTest, RefusesEveryFieldWithABadValue) {
  struct Case {
    const char* what;
    std::string dtype, shape, data_offsets;
    StatusCode code;
    const char* mention;
  };
  // The same tensor each time, of 16 bytes in a file that has 16, with one field changed.
  const std::string f32 = "\"F32\"", four = "[4]", whole = "[0,16]";
  const Case cases[] = {
      {"dtype null", "null", four, whole, StatusCode::kDataLoss, "dtype is null"},
      {"dtype number", "32", four, whole, StatusCode::kDataLoss, "dtype is a whole number"},
      {"dtype lower case", "\"f32\"", four, whole, StatusCode::kDataLoss, "f32"},
      {"dtype empty", "\"\"", four, whole, StatusCode::kDataLoss, "\"\" is not a dtype"},
      {"dtype of a later version", "\"F99\"", four, whole, StatusCode::kUnimplemented, "F99"},
      {"dtype of four bits", "\"F4\"", "[32]", whole, StatusCode::kUnimplemented, "F4"},
      {"dtype of six bits", "\"F6_E2M3\"", four, whole, StatusCode::kUnimplemented, "F6_E2M3"},
      {"dtype complex128", "\"C128\"", "[1]", whole, StatusCode::kUnimplemented, "C128"},
      {"shape null", f32, "null", whole, StatusCode::kDataLoss, "shape is null"},
      {"shape object", f32, "{\"0\":4}", whole, StatusCode::kDataLoss, "shape is an object"},
      {"shape number", f32, "4", whole, StatusCode::kDataLoss, "shape is a whole number"},
      {"shape with a float", f32, "[4.0]", whole, StatusCode::kDataLoss, "not whole"},
      {"shape with an exponent", f32, "[4e0]", whole, StatusCode::kDataLoss, "not whole"},
      {"shape with a text", f32, "[\"4\"]", whole, StatusCode::kDataLoss, "a text"},
      {"shape with true", f32, "[true,4]", whole, StatusCode::kDataLoss, "true"},
      {"shape nested", f32, "[[4]]", whole, StatusCode::kDataLoss, "an array"},
      {"shape negative", f32, "[-4]", whole, StatusCode::kDataLoss, "minus"},
      {"shape minus zero", f32, "[-0]", "[0,0]", StatusCode::kDataLoss, "minus"},
      {"shape beyond int64", f32, "[0,9223372036854775808]", "[0,0]", StatusCode::kDataLoss, "exceeds 2^63"},
      {"shape beyond uint64", f32, "[18446744073709551620]", whole, StatusCode::kDataLoss, "not whole"},
      {"shape product overflows", f32, "[4294967296,4294967296]", whole, StatusCode::kDataLoss, "2^63"},
      {"shape product wraps to 16 bytes", f32, "[4611686018427387905,4]", whole, StatusCode::kDataLoss, "2^63"},
      {"shape too large", f32, "[5]", whole, StatusCode::kDataLoss, "has 20 bytes"},
      {"shape too small", f32, "[3]", whole, StatusCode::kDataLoss, "has 12 bytes"},
      {"offsets null", f32, four, "null", StatusCode::kDataLoss, "data_offsets is null"},
      {"offsets of one", f32, four, "[0]", StatusCode::kDataLoss, "1 data_offsets, not 2"},
      {"offsets of three", f32, four, "[0,16,16]", StatusCode::kDataLoss, "3 data_offsets, not 2"},
      {"offsets negative", f32, four, "[-4,12]", StatusCode::kDataLoss, "minus"},
      {"offsets float", f32, four, "[0,16.0]", StatusCode::kDataLoss, "not whole"},
      {"offsets swapped", f32, four, "[16,0]", StatusCode::kDataLoss, "[16, 0]"},
      {"offsets near 2^64", f32, "[2]", "[18446744073709551608,18446744073709551615]", StatusCode::kDataLoss, "2^63"},
      {"offsets near 2^63", f32, "[1]", "[9223372036854775803,9223372036854775807]", StatusCode::kDataLoss, "begin at"},
      {"a gap before", f32, "[3]", "[4,16]", StatusCode::kDataLoss, "begin at 4"},
      {"data after", f32, "[3]", "[0,12]", StatusCode::kDataLoss, "the file at"},
      {"data missing", f32, "[5]", "[0,20]", StatusCode::kDataLoss, "exceeds"},
  };
  ASSERT_TRUE(Read(File("{" + Entry("a", f32, four, whole) + "}", 16)).ok());
  for (const Case& c : cases) {
    const absl::Status status = Read(File("{" + Entry("a", c.dtype, c.shape, c.data_offsets) + "}", 16)).status();
    EXPECT_EQ(status.code(), c.code) << c.what << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.mention)) << c.what;
    EXPECT_THAT(std::string(status.message()), StartsWith("reading f.safetensors: ")) << c.what;
  }
}

TEST(ReadSafetensorsTest, RefusesBadHeaders) {
  const std::string a = Entry("a", "\"F32\"", "[2]", "[0,8]");
  const std::string good = "{" + a + "," + Entry("b", "\"F32\"", "[2]", "[8,16]") + "}";
  ASSERT_TRUE(Read(File(good, 16)).ok());
  struct Case {
    const char* what;
    std::string bytes;
    StatusCode code;
    const char* mention;
  };
  const Case cases[] = {
      {"no length", "1234567", StatusCode::kDataLoss, "8 bytes are wanted"},
      {"length 0", LittleEndian(0) + good, StatusCode::kDataLoss, "no valid JSON"},
      {"length beyond the file", LittleEndian(80) + "{}", StatusCode::kDataLoss, "80 bytes are wanted"},
      {"length 2^64 - 1", LittleEndian(UINT64_MAX) + good, StatusCode::kDataLoss, "2^63"},
      {"length over the limit", LittleEndian(100'000'001) + good, StatusCode::kResourceExhausted, "limit is 100000000"},
      {"an array", File("[]", 0), StatusCode::kDataLoss, "an array"},
      {"a zero byte", File(std::string("{}\0", 3), 0), StatusCode::kDataLoss, "zero"},
      {"a byte order mark", File("\xef\xbb\xbf{}", 0), StatusCode::kDataLoss, "byte order mark"},
      {"a name that is not UTF-8", File("{" + Entry("\xff", "\"U8\"", "[0]", "[0,0]") + "}", 0), StatusCode::kDataLoss, "no valid JSON"},
      {"a name twice", File("{" + a + "," + Entry("\\u0061", "\"F32\"", "[2]", "[8,16]") + "}", 16), StatusCode::kDataLoss, "\"a\""},
      {"a field twice", File(R"({"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}})", 0), StatusCode::kDataLoss, "shape"},
      {"no dtype", File(R"({"a":{"shape":[0],"data_offsets":[0,0]}})", 0), StatusCode::kDataLoss, "\"a\": its entry has no dtype"},
      {"no shape", File(R"({"a":{"dtype":"U8","data_offsets":[0,0]}})", 0), StatusCode::kDataLoss, "no shape"},
      {"no offsets, before another", File(R"({"b":{"dtype":"U8","shape":[0]},)" + a + "}", 8), StatusCode::kDataLoss,
       "\"b\": its entry has 0 data_offsets"},
      {"an entry that is a number", File(R"({"a":1})", 0), StatusCode::kDataLoss, "a whole number"},
      {"metadata that is an array", File(R"({"__metadata__":["pt"]})", 0), StatusCode::kDataLoss, "__metadata__"},
      {"metadata with a number", File(R"({"__metadata__":{"format":1}})", 0), StatusCode::kDataLoss, "format"},
      {"metadata with an object", File(R"({"__metadata__":{"format":{"a":"b"}}})", 0), StatusCode::kDataLoss, "an object"},
      {"metadata twice", File(R"({"__metadata__":{},"__metadata__":{}})", 0), StatusCode::kDataLoss, "__metadata__"},
      {"metadata that looks like a tensor", File("{" + Entry("__metadata__", "\"U8\"", "[0]", "[0,0]") + "}", 0), StatusCode::kDataLoss,
       "array"},
      {"a gap", File("{" + a + "," + Entry("b", "\"F32\"", "[1]", "[12,16]") + "}", 16), StatusCode::kDataLoss, "\"b\""},
      {"an overlap", File("{" + a + "," + Entry("b", "\"F32\"", "[3]", "[4,16]") + "}", 16), StatusCode::kDataLoss, "\"b\""},
      {"the same bytes twice", File("{" + a + "," + Entry("b", "\"F32\"", "[2]", "[0,8]") + "}", 8), StatusCode::kDataLoss, "\"b\""},
      {"an empty tensor inside another", File("{" + a + "," + Entry("b", "\"F32\"", "[0]", "[4,4]") + "}", 8), StatusCode::kDataLoss,
       "\"b\""},
      {"nesting", File("{\"a\":{\"x\":" + std::string(100'000, '[') + "}}", 0), StatusCode::kResourceExhausted, "nested"},
  };
  for (const Case& c : cases) {
    const absl::Status status = Read(c.bytes).status();
    EXPECT_EQ(status.code(), c.code) << c.what << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.mention)) << c.what;
    EXPECT_THAT(std::string(status.message()), StartsWith("reading f.safetensors: ")) << c.what;
  }
}

TEST(ReadSafetensorsTest, RefusesEveryTruncation) {
  const std::string whole = File("{" + Entry("a", "\"F32\"", "[2]", "[0,8]") + "}", 8);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(Read(whole.substr(0, size)).status().code(), StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(Read(whole + "x").status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace weighbridge
