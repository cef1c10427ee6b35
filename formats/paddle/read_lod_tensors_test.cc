#include "formats/paddle/read_lod_tensors.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/paddle/paddle_test_util.h"
#include "formats/paddle/variable_names.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using paddle::NameSource;
using paddle::ReadElements;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Number(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

// Protobuf.
std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value > 0x7f; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  return bytes + static_cast<char>(value);
}
std::string Field(int number, uint64_t value) {
  return Varint(number << 3) + Varint(value);
}
std::string Field(int number, const std::string& bytes) {
  return Varint(number << 3 | 2) + Varint(bytes.size()) + bytes;
}

// One record; int16 [2, 3].
struct Record {
  uint32_t version = 0;
  std::string levels = Number(0, 8);
  uint32_t tensor_version = 0;
  std::string descriptor = Field(1, 1) + Field(2, 2) + Field(2, 3);
  std::string data = "abcdefghijkl";
};

std::string Build(const Record& record) {
  return Number(record.version, 4) + record.levels + Number(record.tensor_version, 4) + Number(record.descriptor.size(), 4) +
         record.descriptor + record.data;
}

absl::StatusOr<Checkpoint> ReadBytes(std::string bytes, const std::vector<NameSource>& names = {}) {
  return ReadLodTensors(MakeMemorySource("f", std::move(bytes)), names, ReadLimits());
}

std::vector<std::string> Names(const absl::StatusOr<Checkpoint>& checkpoint) {
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
  std::vector<std::string> names;
  if (!checkpoint.ok()) return names;
  for (const CheckpointTensor& tensor : checkpoint->tensors()) names.push_back(tensor.name);
  return names;
}

TEST(ReadLodTensorsTest, ReadsATensorWithLevelsAndPackedExtents) {
  for (const Record& record : {Record(), Record{.levels = Number(1, 8) + Number(16, 8) + std::string(16, 'x')},
                               Record{.descriptor = Field(2, "\2\3") + Field(1, 1) + Field(9, "unknown")}}) {
    const absl::StatusOr<Checkpoint> checkpoint = ReadBytes(Build(record));
    EXPECT_THAT(Names(checkpoint), ElementsAre(""));
    EXPECT_EQ(checkpoint->tensors()[0].tensor.spec(), (TensorSpec{DType::kInt16, {2, 3}}));
    EXPECT_EQ(ReadElements(checkpoint->tensors()[0].tensor), "abcdefghijkl");
  }
}

TEST(ReadLodTensorsTest, NumbersSeveralTensorsWithoutNames) {
  const Record scalar = {.descriptor = Field(1, 20), .data = "x"};
  const absl::StatusOr<Checkpoint> checkpoint = ReadBytes(Build({}) + Build(scalar));
  EXPECT_THAT(Names(checkpoint), ElementsAre("0", "1"));
  EXPECT_EQ(checkpoint->tensors()[1].tensor.spec(), (TensorSpec{DType::kUint8, {}}));
}

// A VarDesc.
std::string Variable(const std::string& name, int type, bool persistable) {
  return Field(3, Field(1, name) + Field(2, Field(1, type) + Field(3, "x")) + Field(3, persistable));
}

NameSource Program() {
  const std::string block = Field(1, uint64_t{0}) + Variable("w", 7, true) + Variable("feed", 7, true) + Variable("tmp", 7, false) +
                            Variable("reader", 9, true) + Variable("b", 7, true) + Field(4, "an operation");
  const std::string other_block = Variable("inner", 7, true);
  return {NameSource::Kind::kProgram, MakeMemorySource("p.pdmodel", Field(1, block) + Field(1, other_block) + Field(4, "version"))};
}

NameSource PirProgram() {
  return {NameSource::Kind::kPirProgram,
          MakeMemorySource("p.json", R"({"program": {"regions": [{"blocks": [{"ops": [{"#": "p", "A": [0, 1, 1, "w"], "O": {"%": 1}},
              {"#": "1.matmul", "A": ["x"]}, {"A": [0, "b"], "#": "p"}, {"#": "p", "A": ["no", 1]}]}]}]}})")};
}

NameSource Info(const std::string& program =
                    "\x80\x02}(U\x01w}U\x01"
                    "b}u.") {
  return {NameSource::Kind::kParameterInfo, MakeMemorySource("p.info", program)};
}

TEST(ReadLodTensorsTest, TakesNamesFromEveryKindOfFileInSortedOrder) {
  for (const NameSource& names : {Program(), PirProgram(), Info()}) {
    EXPECT_THAT(Names(ReadBytes(Build({}) + Build({}), {names})), ElementsAre("b", "w")) << names.bytes->name();
  }
}

TEST(ReadLodTensorsTest, TakesNoNamesFromAFileThatKnowsAnotherNumber) {
  const absl::StatusOr<Checkpoint> checkpoint = ReadBytes(Build({}), {Program(), PirProgram(), Info("\x80\x02}U\x01w}s.")});
  EXPECT_THAT(Names(checkpoint), ElementsAre("w"));
  EXPECT_THAT(checkpoint->remarks, ElementsAre(HasSubstr("p.pdmodel knows 2"), HasSubstr("p.json knows 2")));
  EXPECT_THAT(Names(ReadBytes(Build({}) + Build({}) + Build({}), {Info()})), ElementsAre("0", "1", "2"));
}

struct RefusedCase {
  const char* what;
  absl::StatusOr<Checkpoint> result;
  absl::StatusCode code;
  std::string mention;
};

class LodTensorsRefusedTest : public testing::TestWithParam<RefusedCase> {};

TEST_P(LodTensorsRefusedTest, SaysWhatIsWrong) {
  const absl::Status& status = GetParam().result.status();
  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(status.message(), HasSubstr("reading f: "));
  EXPECT_THAT(status.message(), HasSubstr(GetParam().mention));
}

absl::StatusOr<Checkpoint> Read(const Record& record) {
  return ReadBytes(Build(record));
}

constexpr auto kCorrupt = absl::StatusCode::kDataLoss;
constexpr auto kUnsupported = absl::StatusCode::kUnimplemented;
constexpr uint64_t kMinusOne = ~uint64_t{0};

INSTANTIATE_TEST_SUITE_P(
    Records, LodTensorsRefusedTest,
    testing::Values(RefusedCase{"Empty", ReadBytes(""), kCorrupt, "record 0"},
                    RefusedCase{"Version", Read({.version = 1}), kUnsupported, "version 1"},
                    RefusedCase{"TensorVersion", Read({.tensor_version = 2}), kUnsupported, "version 2"},
                    RefusedCase{"LevelsHuge", Read({.levels = Number(uint64_t{1} << 60, 8)}), kCorrupt, "levels"},
                    RefusedCase{"LevelsNegative", Read({.levels = Number(kMinusOne, 8)}), kCorrupt, "2^63"},
                    RefusedCase{"LevelHuge", Read({.levels = Number(1, 8) + Number(uint64_t{1} << 62, 8)}), kCorrupt, "record 0"},
                    RefusedCase{"LevelOdd", Read({.levels = Number(1, 8) + Number(7, 8)}), kCorrupt, "7 bytes"},
                    RefusedCase{"DescriptorNegative", ReadBytes(std::string(16, '\0') + Number(kMinusOne, 4)), kCorrupt, "-1 bytes"},
                    RefusedCase{"DescriptorHuge", ReadBytes(std::string(16, '\0') + Number(0x7fffffff, 4)), kCorrupt, "2147483647"},
                    RefusedCase{"TypeMissing", Read({.descriptor = Field(2, 6)}), kCorrupt, "no data type"},
                    RefusedCase{"TypeUnknown", Read({.descriptor = Field(1, 99)}), kUnsupported, "99"},
                    RefusedCase{"TypeOfNoElements", Read({.descriptor = Field(1, 7)}), kUnsupported, "data type 7"},
                    RefusedCase{"ExtentNegative", Read({.descriptor = Field(1, 1) + Field(2, kMinusOne)}), kCorrupt, "-1"},
                    RefusedCase{"ExtentsOverflow",
                                Read({.descriptor = Field(1, 1) + Field(2, uint64_t{1} << 40) + Field(2, uint64_t{1} << 40)}), kCorrupt,
                                "record 0"},
                    RefusedCase{"ManyExtents", Read({.descriptor = Field(1, 1) + Field(2, std::string(65, '\1'))}), kCorrupt, "64 axes"},
                    RefusedCase{"VarintEndless", Read({.descriptor = std::string("\x08") + std::string(11, '\xff')}), kCorrupt, "varint"},
                    RefusedCase{"VarintCut", Read({.descriptor = "\x08\x80"}), kCorrupt, "record 0"},
                    RefusedCase{"FieldZero", Read({.descriptor = std::string(2, '\0')}), kCorrupt, "number 0"},
                    RefusedCase{"WireType", Read({.descriptor = "\x0b"}), kCorrupt, "wire type 3"},
                    RefusedCase{"LengthBeyond", Read({.descriptor = "\x12\x7f"}), kCorrupt, "127 bytes"},
                    RefusedCase{"DataCut", Read({.data = "abc"}), kCorrupt, "12 bytes"},
                    RefusedCase{"BytesBehind", ReadBytes(Build({}) + "abc"), kCorrupt, "record 1 at offset 38"},
                    RefusedCase{"OtherBytesBehind", ReadBytes(Build({}) + "abcdefgh"), kCorrupt, "record 1"}),
    [](const auto& info) { return info.param.what; });

absl::StatusOr<Checkpoint> WithNames(NameSource::Kind kind, const std::string& bytes) {
  return ReadBytes(Build({}), {{kind, MakeMemorySource("n", bytes)}});
}

INSTANTIATE_TEST_SUITE_P(
    Names, LodTensorsRefusedTest,
    testing::Values(
        RefusedCase{"ProgramIsNone", WithNames(NameSource::Kind::kProgram, "abc"), kCorrupt, "reading n: "},
        RefusedCase{"ProgramWithoutBlock", WithNames(NameSource::Kind::kProgram, Field(4, "version")), kCorrupt, "no block"},
        RefusedCase{"ProgramCut", WithNames(NameSource::Kind::kProgram, Field(1, Variable("w", 7, true)).substr(0, 9)), kCorrupt, "left"},
        RefusedCase{"NameIsNoUtf8", WithNames(NameSource::Kind::kProgram, Field(1, Variable("\xff", 7, true))), kCorrupt, "UTF-8"},
        RefusedCase{"NameTwice",
                    ReadBytes(Build({}) + Build({}), {{NameSource::Kind::kProgram,
                                                       MakeMemorySource("n", Field(1, Variable("w", 7, true) + Variable("w", 7, true)))}}),
                    kCorrupt, "w"},
        RefusedCase{"JsonIsNone", WithNames(NameSource::Kind::kPirProgram, "{"), kCorrupt, "reading n: "},
        RefusedCase{"InfoForbidden", WithNames(NameSource::Kind::kParameterInfo, "cos\nsystem\n."), absl::StatusCode::kPermissionDenied,
                    "os system"},
        RefusedCase{"InfoIsAList", WithNames(NameSource::Kind::kParameterInfo, "]."), kCorrupt, "a list"},
        RefusedCase{"InfoOfNumbers", WithNames(NameSource::Kind::kParameterInfo, "}K\1Ns."), kCorrupt, "not a name"}),
    [](const auto& info) { return info.param.what; });

}  // namespace
}  // namespace weighbridge
