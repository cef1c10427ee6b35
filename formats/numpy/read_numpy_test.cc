#include "formats/numpy/read_numpy.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/zip/zip_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Npy {
  std::string header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }          \n";
  std::string data = std::string("\1\0\2\0\3\0\4\0\5\0\6\0", 12);
  int major = 1;
  int minor = 0;
};

std::string Build(const Npy& npy) {
  return absl::StrCat("\x93NUMPY", LittleEndian(npy.major, 1), LittleEndian(npy.minor, 1),
                      LittleEndian(npy.header.size(), npy.major == 1 ? 2 : 4), npy.header, npy.data);
}

std::string Header(const std::string& descr, const std::string& fortran_order, const std::string& shape) {
  return absl::StrCat("{'descr': ", descr, ", 'fortran_order': ", fortran_order, ", 'shape': ", shape, ", }\n");
}

absl::StatusOr<Checkpoint> Read(const Npy& npy) {
  return ReadNpy(MakeMemorySource("a.npy", Build(npy)), ReadLimits());
}

std::string Elements(const StoredTensor& tensor) {
  std::string bytes(tensor.byte_size(), '\0');
  EXPECT_TRUE(ReadRegion(tensor, WholeRegion(tensor.spec().shape), absl::MakeSpan(bytes)).ok());
  return bytes;
}

TEST(ReadNpyTest, ReadsEveryVersion) {
  for (const int major : {1, 2, 3}) {
    const absl::StatusOr<Checkpoint> checkpoint = Read({.major = major});
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    ASSERT_EQ(checkpoint->tensors().size(), 1);
    EXPECT_EQ(checkpoint->tensors()[0].name, "");
    EXPECT_EQ(checkpoint->tensors()[0].tensor.spec(), (TensorSpec{DType::kInt16, {2, 3}}));
    EXPECT_EQ(Elements(checkpoint->tensors()[0].tensor), Npy().data);
    EXPECT_TRUE(checkpoint->remarks.empty());
  }
}

TEST(ReadNpyTest, ReadsColumnMajorAndBigEndianArrays) {
  const absl::StatusOr<Checkpoint> fortran = Read({.header = Header("'<i2'", "True", "(2, 3)")});
  ASSERT_TRUE(fortran.ok()) << fortran.status();
  EXPECT_EQ(Elements(fortran->tensors()[0].tensor), std::string("\1\0\3\0\5\0\2\0\4\0\6\0", 12));
  const absl::StatusOr<Checkpoint> big = Read({.header = Header("'>i2'", "False", "(6,)")});
  ASSERT_TRUE(big.ok()) << big.status();
  EXPECT_EQ(Elements(big->tensors()[0].tensor), std::string("\0\1\0\2\0\3\0\4\0\5\0\6", 12));
  const absl::StatusOr<Checkpoint> complex = Read({.header = Header("'>c8'", "False", "()"), .data = "abcdefgh"});
  ASSERT_TRUE(complex.ok()) << complex.status();
  EXPECT_EQ(Elements(complex->tensors()[0].tensor), "dcbahgfe");
}

TEST(ReadNpyTest, TakesHeadersOfAllWriters) {
  for (const std::string& header : {
           std::string("{\"shape\": (2L, 3L), \"descr\": \"<i2\", \"fortran_order\": False}"),
           std::string("{'descr':'=i2','fortran_order':False,'shape':(2,3)}"),
           std::string("{ 'fortran_order' : False , 'shape' : ( 2 , 3 , ) , 'descr' : '<i2' , } \n"),
       }) {
    const absl::StatusOr<Checkpoint> checkpoint = Read({.header = header});
    ASSERT_TRUE(checkpoint.ok()) << header << ": " << checkpoint.status();
    EXPECT_EQ(checkpoint->tensors()[0].tensor.spec(), (TensorSpec{DType::kInt16, {2, 3}})) << header;
  }
}

TEST(ReadNpyTest, RemarksBytesAfterTheArray) {
  const absl::StatusOr<Checkpoint> checkpoint = Read({.data = Npy().data + "abc"});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(checkpoint->remarks, ElementsAre("3 bytes follow the array"));
}

TEST(ReadNpzTest, NamesArraysByTheirMembersWhereverTheyLie) {
  const std::string file = Build({});
  const ByteSourcePtr source = MakeMemorySource("w.npz", BuildZip({{.name = "layer/0.weight.npy", .data = file}, Deflated("b.npy", file)}));
  EXPECT_TRUE(LooksLikeNpz(*source));
  const absl::StatusOr<Checkpoint> checkpoint = ReadNpz(source, ReadLimits());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ASSERT_EQ(checkpoint->tensors().size(), 2);
  EXPECT_EQ(checkpoint->tensors()[0].name, "layer/0.weight");
  EXPECT_EQ(checkpoint->tensors()[0].tensor.source(), source);
  EXPECT_EQ(checkpoint->tensors()[1].name, "b");
  for (const CheckpointTensor& tensor : checkpoint->tensors()) EXPECT_EQ(Elements(tensor.tensor), Npy().data) << tensor.name;
  ASSERT_EQ(checkpoint->checksums.size(), 1);
  EXPECT_EQ(checkpoint->checksums[0].crc32, Crc32(file));
}

TEST(ReadNpzTest, TellsNamesByCaseAndReadsThemAsUtf8WhereTheySaySo) {
  const std::string file = Build({});
  const absl::StatusOr<Checkpoint> checkpoint =
      ReadNpz(MakeMemorySource("w.npz", BuildZip({{.name = "w.npy", .data = file},
                                                  {.name = "W.npy", .data = file},
                                                  {.name = "\xc3\xa9.npy", .data = file, .flags = 1 << 11}})),
              ReadLimits());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->tensors()[1].name, "W");
  EXPECT_EQ(checkpoint->tensors()[2].name, "\xc3\xa9");
}

struct RefusedCase {
  const char* what;
  absl::StatusOr<Checkpoint> result;
  absl::StatusCode code;
  std::string mention;
};

class RefusedTest : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedTest, SaysWhatIsWrong) {
  const absl::Status& status = GetParam().result.status();
  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(status.message(), HasSubstr("reading "));
  EXPECT_THAT(status.message(), HasSubstr(GetParam().mention));
}

constexpr auto kCorrupt = absl::StatusCode::kDataLoss;
constexpr auto kUnsupported = absl::StatusCode::kUnimplemented;

absl::StatusOr<Checkpoint> WithDescr(const std::string& descr) {
  return Read({.header = Header(descr, "False", "(2, 3)")});
}

absl::StatusOr<Checkpoint> WithShape(const std::string& shape) {
  return Read({.header = Header("'<i2'", "False", shape)});
}

absl::StatusOr<Checkpoint> ReadZip(const std::vector<ZipPart>& parts) {
  return ReadNpz(MakeMemorySource("w.npz", BuildZip(parts)), ReadLimits());
}

INSTANTIATE_TEST_SUITE_P(Descr, RefusedTest,
                         testing::Values(RefusedCase{"Objects", WithDescr("'|O'"), kUnsupported, "|O"},
                                         RefusedCase{"Text", WithDescr("'<U2'"), kUnsupported, "<U2"},
                                         RefusedCase{"Time", WithDescr("'<M8[ns]'"), kUnsupported, "<M8[ns]"},
                                         RefusedCase{"Record", WithDescr("[('a', '<f4')]"), kUnsupported, "<f4"},
                                         RefusedCase{"NoType", WithDescr("'<f5'"), kCorrupt, "<f5"},
                                         RefusedCase{"Bfloat16", WithDescr("'<V2'"), kUnsupported, "bfloat16"},
                                         RefusedCase{"Float8", WithDescr("'|V1'"), kUnsupported, "float8"},
                                         RefusedCase{"Bytes", WithDescr("'|V16'"), kUnsupported, "|V16"},
                                         RefusedCase{"NoOrder", WithDescr("'|f4'"), kCorrupt, "byte order"},
                                         RefusedCase{"Number", WithDescr("4"), kCorrupt, "a text"},
                                         RefusedCase{"Escape", WithDescr("'<f\\x34'"), kCorrupt, "escape"}),
                         [](const auto& info) { return info.param.what; });

INSTANTIATE_TEST_SUITE_P(Shape, RefusedTest,
                         testing::Values(RefusedCase{"Negative", WithShape("(-1,)"), kCorrupt, "-1"},
                                         RefusedCase{"Expression", WithShape("(2 + f(), 3)"), kCorrupt, "+ f()"},
                                         RefusedCase{"Overflow", WithShape("(4611686018427387905, 4)"), kCorrupt, "4611686018427387905"},
                                         RefusedCase{"Huge", WithShape("(99999999999999999999,)"), kCorrupt, "999"},
                                         RefusedCase{"LeadingZero", WithShape("(06,)"), kCorrupt, "06"},
                                         RefusedCase{"NoTuple", WithShape("(3)"), kCorrupt, "tuple"},
                                         RefusedCase{"List", WithShape("[2, 3]"), kCorrupt, "["},
                                         RefusedCase{"TooLarge", WithShape("(7,)"), kCorrupt, "14 bytes"}),
                         [](const auto& info) { return info.param.what; });

INSTANTIATE_TEST_SUITE_P(
    File, RefusedTest,
    testing::Values(
        RefusedCase{"Version", Read({.major = 9}), kUnsupported, "9.0"},
        RefusedCase{"KeyMissing", Read({.header = "{'descr': '<i2', 'shape': (2, 3)}"}), kCorrupt, "fortran_order"},
        RefusedCase{"KeyTwice", Read({.header = "{'shape': (6,), 'descr': '<i2', 'fortran_order': False, 'shape': (6,)}"}), kCorrupt,
                    "twice"},
        RefusedCase{"KeyUnknown", Read({.header = "{'descr': '<i2', 'order': 1}"}), kCorrupt, "order"},
        RefusedCase{"GoesOn", Read({.header = Npy().header + ".x"}), kCorrupt, "goes on"},
        RefusedCase{"HeaderCut", ReadNpy(MakeMemorySource("a.npy", Build({}).substr(0, 40)), {}), kCorrupt, "announced"},
        RefusedCase{"HeaderLong", Read({.header = Npy().header + std::string(70000, ' '), .major = 2}),
                    absl::StatusCode::kResourceExhausted, "65536"},
        RefusedCase{"OtherMember", ReadZip({{.name = "a.npy", .data = Build({})}, {.name = "b.txt", .data = "x"}}), kUnsupported, "b.txt"},
        RefusedCase{"MemberIsNone", ReadZip({{.name = "a.npy", .data = "abc"}}), kCorrupt, "a.npy"},
        RefusedCase{"NameIsNoUtf8", ReadZip({{.name = "\xff.npy", .data = Build({}), .flags = 1 << 11}}), kCorrupt, "UTF-8"},
        RefusedCase{"NameIsNotMarkedAsUtf8", ReadZip({{.name = "\xc3\xa9.npy", .data = Build({})}}), kUnsupported, "UTF-8"},
        RefusedCase{"NameIsAnothersMember", ReadZip({{.name = "a.npy", .data = Build({})}, {.name = "a.npy.npy", .data = Build({})}}),
                    kCorrupt, "\"a.npy\""},
        RefusedCase{"CutMember", ReadZip({{.name = "a.npy", .data = Build({.data = "abc"})}}), kCorrupt, "12 bytes"}),
    [](const auto& info) { return info.param.what; });

}  // namespace
}  // namespace weighbridge
