#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/torch/read_torch.h"
#include "formats/zip/zip_archive.h"
#include "formats/zip/zip_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Pieces of pickle programs.

std::string Global(const std::string& module, const std::string& name) {
  return absl::StrCat("c", module, "\n", name, "\n");
}
std::string Text(const std::string& text) {
  return absl::StrCat("X", LittleEndian(text.size(), 4), text);
}
std::string Int(int64_t value) {
  return absl::StrCat("\x8a\x08", LittleEndian(value, 8));
}
std::string Tuple(const std::vector<std::string>& items) {
  return absl::StrCat("(", absl::StrJoin(items, ""), "t");
}
std::string List(const std::vector<std::string>& items) {
  return absl::StrCat("](", absl::StrJoin(items, ""), "e");
}
std::string Program(const std::string& body) {
  return absl::StrCat("\x80\x02", body, ".");
}

std::string Ints(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t value : values) items.push_back(Int(value));
  return Tuple(items);
}

std::string Dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string result = "}(";
  for (const auto& [key, value] : items) absl::StrAppend(&result, key, value);
  return result + "u";
}

// A storage of the zip form; the legacy form has a sixth member.
std::string Storage(const std::string& type, const std::string& key, int64_t numel, const std::string& view = "") {
  return Tuple({Text("storage"), Global("torch", type), Text(key), Text("cpu"), Int(numel), view}) + "Q";
}

struct TensorParts {
  std::string storage = Storage("FloatStorage", "0", 4);
  int64_t offset = 0;
  std::vector<int64_t> size = {4};
  std::vector<int64_t> stride = {1};
  std::string metadata = "";
};

std::string Tensor(const TensorParts& parts) {
  const std::string hooks = Global("collections", "OrderedDict") + ")R";
  return Global("torch._utils", "_rebuild_tensor_v2") +
         Tuple({parts.storage, Int(parts.offset), Ints(parts.size), Ints(parts.stride), "\x89", hooks, parts.metadata}) + "R";
}

std::string Sparse() {
  return Global("torch._utils", "_rebuild_sparse_tensor") + Tuple({Global("torch.serialization", "_get_layout"), Tuple({})}) + "R";
}

const std::string kFloats = std::string("\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40", 16);  // 1, 2, 3, 4.

// Files.

struct ZipFile {
  std::string object;
  std::vector<ZipPart> records = {{.name = "data/0", .data = kFloats}};
  std::string version = "3\n";
  std::string byteorder = "little";
};

std::string BuildTorchZip(ZipFile file) {
  std::vector<ZipPart> parts = {{.name = "data.pkl", .data = Program(file.object)}, {.name = "byteorder", .data = file.byteorder}};
  if (!file.version.empty()) parts.push_back({.name = "version", .data = file.version});
  parts.insert(parts.end(), file.records.begin(), file.records.end());
  for (ZipPart& part : parts) part.name = absl::StrCat("archive/", part.name);
  return BuildZip(parts);
}

const std::string kMagic = Program(std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"));

struct LegacyFile {
  std::string object = "";
  std::string magic = kMagic;
  std::string version = Program("M\xe9\x03");
  std::string system = Program("}");
  std::string keys = Program(List({Text("0")}));
  std::string storages = LittleEndian(4, 8) + kFloats;
};

std::string BuildTorchLegacy(const LegacyFile& file) {
  return absl::StrCat(file.magic, file.version, file.system, Program(file.object), file.keys, file.storages);
}

std::string LegacyStorage(const std::string& key, int64_t numel, const std::string& view = "N") {
  return Storage("FloatStorage", key, numel, view);
}

absl::StatusOr<Checkpoint> ReadZip(const ZipFile& file, const ReadLimits& limits = {}) {
  return ReadTorchZip(MakeMemorySource("w.pt", BuildTorchZip(file)), limits);
}

absl::StatusOr<Checkpoint> ReadLegacy(const LegacyFile& file) {
  return ReadTorchLegacy(MakeMemorySource("w.pt", BuildTorchLegacy(file)), {});
}

std::vector<std::string> Names(const Checkpoint& checkpoint) {
  std::vector<std::string> names;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) names.push_back(tensor.name);
  return names;
}

std::string Elements(const StoredTensor& tensor) {
  std::string bytes(tensor.byte_size(), '\0');
  const absl::Status status = ReadRegion(tensor, WholeRegion(tensor.spec().shape), absl::MakeSpan(bytes));
  return status.ok() ? bytes : status.ToString();
}

// Float number k of kFloats.
std::string Float(int k) {
  return kFloats.substr(size_t{4} * k, 4);
}

TEST(TorchZipTest, ListsWhatTheObjectHoldsInItsOrder) {
  const std::string one = Tensor({.size = {1}, .stride = {1}});
  const absl::StatusOr<Checkpoint> checkpoint =
      ReadZip({.object = Dict({{Text("z"), one},
                               {Text("epoch"), Int(7)},
                               {Text("nested"), Dict({{Text("b"), one}, {Int(3), one}, {"\x88", one}})},
                               {Text("list"), List({Int(1), one, Tuple({one, "N"})})},
                               {Text("empty"), List({})},
                               {Text("bare"), Storage("FloatStorage", "0", 4)},
                               {Text("a.b"), one}})});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(Names(*checkpoint), ElementsAre("z", "nested.b", "nested.3", "nested.True", "list.1", "list.2.0", "bare", "a.b"));
  EXPECT_EQ(checkpoint->format, "torch_zip");
  EXPECT_EQ(checkpoint->path, "w.pt");
  EXPECT_THAT(checkpoint->remarks, IsEmpty());
  EXPECT_EQ(Elements(checkpoint->Find("bare")->tensor), kFloats);
}

TEST(TorchZipTest, ABareTensorHasTheEmptyName) {
  const absl::StatusOr<Checkpoint> checkpoint = ReadZip({.object = Tensor({})});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(Names(*checkpoint), ElementsAre(""));
}

TEST(TorchZipTest, TensorsLieInTheFileAndChecksumsCoverTheirRecords) {
  const ByteSourcePtr source = MakeMemorySource("w.pt", BuildTorchZip({.object = Dict({{Text("w"), Tensor({})}})}));
  const absl::StatusOr<Checkpoint> checkpoint = ReadTorchZip(source, {});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  const StoredTensor& tensor = checkpoint->tensors()[0].tensor;
  EXPECT_EQ(tensor.source(), source);
  ASSERT_EQ(checkpoint->checksums.size(), 4);
  for (const ChecksummedRange& other : checkpoint->checksums) EXPECT_EQ(other.has_tensors, other.label == "member archive/data/0");
  const ChecksummedRange& range = checkpoint->checksums[3];
  EXPECT_EQ(range.source, source);
  EXPECT_EQ(range.offset, tensor.offset());
  EXPECT_EQ(range.size, 16);
  EXPECT_EQ(range.label, "member archive/data/0");
  EXPECT_TRUE(CheckCrc32({.source = source, .offset = range.offset, .size = range.size}, range.crc32).ok());
}

TEST(TorchZipTest, ReadsViewsOfAnyStride) {
  const absl::StatusOr<Checkpoint> checkpoint =
      ReadZip({.object = Dict({{Text("transposed"), Tensor({.size = {2, 2}, .stride = {1, 2}})},
                               {Text("expanded"), Tensor({.offset = 3, .size = {2}, .stride = {0}})},
                               {Text("last"), Tensor({.offset = 3, .size = {}, .stride = {}})},
                               {Text("none"), Tensor({.offset = 4, .size = {2, 0}, .stride = {7, 7}})}})});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(Elements(checkpoint->Find("transposed")->tensor), Float(0) + Float(2) + Float(1) + Float(3));
  EXPECT_EQ(Elements(checkpoint->Find("expanded")->tensor), Float(3) + Float(3));
  EXPECT_EQ(Elements(checkpoint->Find("last")->tensor), Float(3));
  EXPECT_EQ(Elements(checkpoint->Find("none")->tensor), "");
}

TEST(TorchZipTest, ReadsDeflatedRecords) {
  const absl::StatusOr<Checkpoint> checkpoint = ReadZip({.object = Tensor({}), .records = {Deflated("data/0", kFloats)}});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(Elements(checkpoint->tensors()[0].tensor), kFloats);
  for (const ChecksummedRange& range : checkpoint->checksums) EXPECT_FALSE(range.has_tensors) << range.label;
}

TEST(TorchZipTest, SwapsBigEndianStorages) {
  const std::string swapped("\x3f\x80\x00\x00\x40\x00\x00\x00\x40\x40\x00\x00\x40\x80\x00\x00", 16);
  const absl::StatusOr<Checkpoint> checkpoint =
      ReadZip({.object = List({Tensor({.offset = 1, .size = {3}, .stride = {1}}),
                               Tensor({.storage = Storage("ComplexFloatStorage", "1", 2), .size = {2}})}),
               .records = {{.name = "data/0", .data = swapped}, {.name = "data/1", .data = swapped}},
               .byteorder = "big"});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(Elements(checkpoint->Find("0")->tensor), kFloats.substr(4));
  EXPECT_EQ(Elements(checkpoint->Find("1")->tensor), kFloats);
}

TEST(TorchZipTest, AppliesConjAndNegBits) {
  const std::string complex = Storage("ComplexFloatStorage", "0", 2);
  const auto bits = [](const std::string& name) { return Dict({{Text(name), "\x88"}}); };
  const absl::StatusOr<Checkpoint> checkpoint =
      ReadZip({.object = Dict({{Text("neg"), Tensor({.storage = complex, .size = {2}, .metadata = bits("neg")})},
                               {Text("conj"), Tensor({.storage = complex, .offset = 1, .size = {1}, .metadata = bits("conj")})}})});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  std::string negated = kFloats;
  for (const int sign : {3, 7, 11, 15}) negated[sign] ^= '\x80';
  EXPECT_EQ(Elements(checkpoint->Find("neg")->tensor), negated);
  EXPECT_EQ(Elements(checkpoint->Find("conj")->tensor), kFloats.substr(8, 4) + negated.substr(12));
}

TEST(TorchZipTest, RemarksWhatLacksAChecksum) {
  const absl::StatusOr<Checkpoint> checkpoint =
      ReadZip({.object = Tensor({}), .records = {{.name = "data/0", .data = kFloats, .crc32 = 0}}});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  for (const ChecksummedRange& range : checkpoint->checksums) EXPECT_NE(range.label, "member archive/data/0");
  EXPECT_THAT(checkpoint->remarks, ElementsAre(HasSubstr("no checksum")));
}

TEST(TorchZipTest, RemarksBytesAfterThePickle) {
  const absl::StatusOr<Checkpoint> checkpoint = ReadZip({.object = Tensor({}) + ".abc"});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(checkpoint->remarks, ElementsAre(HasSubstr("4 bytes follow")));
}

TEST(TorchZipTest, ReadsOneStorageAsTwoTypesOfOneSize) {
  const absl::StatusOr<Checkpoint> checkpoint = ReadZip({.object = List({Tensor({}), Tensor({.storage = Storage("IntStorage", "0", 4)})})});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  const auto& [floats, integers] = std::tie(checkpoint->tensors()[0].tensor, checkpoint->tensors()[1].tensor);
  EXPECT_EQ(floats.spec().dtype, DType::kFloat32);
  EXPECT_EQ(integers.spec().dtype, DType::kInt32);
  EXPECT_EQ(floats.source(), integers.source());
  EXPECT_EQ(floats.offset(), integers.offset());
}

TEST(TorchZipTest, WalksSharedContainersOnce) {
  // 60 lists, each holding the one before twice: 2^60 paths, and no tensor on any.
  std::string bomb = "]";
  for (int i = 0; i < 60; ++i) bomb += "2\x86";
  const absl::StatusOr<Checkpoint> checkpoint = ReadZip({.object = Tuple({bomb, Tensor({})})});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(Names(*checkpoint), ElementsAre("1"));
}

TEST(TorchZipTest, LimitsTheNumberOfPaths) {
  std::string bomb = Tensor({});
  for (int i = 0; i < 48; ++i) bomb += "2\x86";
  EXPECT_EQ(ReadZip({.object = bomb}).status().code(), absl::StatusCode::kResourceExhausted);
  const std::string two = Tuple({Tensor({}), Tensor({})});
  EXPECT_TRUE(ReadZip({.object = two}, {.paths = 4}).ok());
  EXPECT_EQ(ReadZip({.object = two}, {.paths = 3}).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(TorchZipTest, LimitsTheInflatedPickle) {
  const ReadLimits limits = {.pickle_bytes = 10};
  const std::string file = BuildZip({Deflated("a/data.pkl", std::string(11, 'N')), {.name = "a/version", .data = "3\n"}});
  EXPECT_EQ(ReadTorchZip(MakeMemorySource("w.pt", file), limits).status().code(), absl::StatusCode::kResourceExhausted);
}

struct RefusedCase {
  std::string what;
  absl::StatusOr<Checkpoint> result;
  absl::StatusCode code;
  std::vector<std::string> mention;
};

class RefusedTest : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedTest, SaysWhatIsWrong) {
  const absl::Status status = GetParam().result.status();
  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("reading w.pt: "));
  for (const std::string& word : GetParam().mention) EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

constexpr absl::StatusCode kCorrupt = absl::StatusCode::kDataLoss;
constexpr absl::StatusCode kUnsupported = absl::StatusCode::kUnimplemented;

absl::StatusOr<Checkpoint> ReadOne(const TensorParts& parts) {
  return ReadZip({.object = Dict({{Text("w"), Tensor(parts)}})});
}

INSTANTIATE_TEST_SUITE_P(
    Tensors, RefusedTest,
    testing::Values(
        RefusedCase{"OffsetBeyond", ReadOne({.offset = 1}), kCorrupt, {"tensor \"w\""}},
        RefusedCase{"OffsetNegative", ReadOne({.offset = -1}), kCorrupt, {"tensor \"w\"", "-1"}},
        RefusedCase{"OffsetHuge", ReadOne({.offset = INT64_MAX}), kCorrupt, {"tensor \"w\""}},
        RefusedCase{"SizeNegative", ReadOne({.size = {-1}}), kCorrupt, {"tensor \"w\""}},
        RefusedCase{"SizeBeyond", ReadOne({.size = {5}}), kCorrupt, {"tensor \"w\""}},
        RefusedCase{"StrideBeyond", ReadOne({.stride = {2}}), kCorrupt, {"tensor \"w\""}},
        RefusedCase{"StrideNegative", ReadOne({.offset = 3, .stride = {-1}}), kCorrupt, {"tensor \"w\""}},
        RefusedCase{"StrideHuge", ReadOne({.stride = {int64_t{1} << 62}}), kCorrupt, {"tensor \"w\""}},
        RefusedCase{"RankDiffers", ReadOne({.stride = {1, 1}}), kCorrupt, {"tensor \"w\""}},
        RefusedCase{
            "NumelTooHigh", ReadOne({.storage = Storage("FloatStorage", "0", 5)}), kCorrupt, {"tensor \"w\"", "archive/data/0", "20"}},
        RefusedCase{"NumelTooLow", ReadOne({.storage = Storage("FloatStorage", "0", 3)}), kCorrupt, {"archive/data/0"}},
        RefusedCase{"NumelHuge", ReadOne({.storage = Storage("FloatStorage", "0", int64_t{1} << 62)}), kCorrupt, {"tensor \"w\""}},
        RefusedCase{"RecordMissing", ReadOne({.storage = Storage("FloatStorage", "../0", 4)}), kCorrupt, {"archive/data/../0", "missing"}},
        RefusedCase{"ConjOnFloat", ReadOne({.metadata = Dict({{Text("conj"), "\x88"}})}), kCorrupt, {"\"w\"", "conj"}},
        RefusedCase{"Sparse", ReadZip({.object = Dict({{Text("s"), Sparse()}})}), kUnsupported, {"tensor \"s\"", "sparse"}},
        RefusedCase{"OneStorageOfTwoSizes",
                    ReadZip({.object = List({Tensor({}), Tensor({.storage = Storage("HalfStorage", "0", 4)})})}),
                    kCorrupt,
                    {"storage \"0\"", "16", "float16"}},
        RefusedCase{"TwoTensorsOfOneName",
                    ReadZip({.object = Dict({{Text("a"), Dict({{Text("b"), Tensor({})}})}, {Text("a.b"), Tensor({})}})}),
                    kCorrupt,
                    {"a.b"}},
        RefusedCase{"UnderABytesKey", ReadZip({.object = Dict({{"C\x01k", Tensor({})}})}), kUnsupported, {"key"}}),
    [](const auto& info) { return info.param.what; });

absl::StatusOr<Checkpoint> ReadMembers(const std::vector<ZipPart>& parts) {
  return ReadTorchZip(MakeMemorySource("w.pt", BuildZip(parts)), {});
}

const ZipPart kPickle = {.name = "a/data.pkl", .data = Program("}")};
const ZipPart kVersion = {.name = "a/version", .data = "3\n"};

ZipPart DamagedPickle() {
  ZipPart part = kPickle;
  part.crc32 = 0x12345678;
  return part;
}

INSTANTIATE_TEST_SUITE_P(
    Archives, RefusedTest,
    testing::Values(
        RefusedCase{"TorchScript", ReadMembers({kPickle, {.name = "a/constants.pkl"}, kVersion}), kUnsupported, {"TorchScript"}},
        RefusedCase{"NoPickle", ReadMembers({{.name = "a/readme", .data = "x"}}), kUnsupported, {"data.pkl"}},
        RefusedCase{"TwoPrefixes", ReadMembers({kPickle, kVersion, {.name = "b/data.pkl", .data = "x"}}), kCorrupt, {"b/data.pkl", "a/"}},
        RefusedCase{"DeepPickle", ReadMembers({{.name = "a/b/data.pkl", .data = "x"}, kVersion}), kCorrupt, {"a/data.pkl"}},
        RefusedCase{"PickleDamaged", ReadMembers({DamagedPickle(), kVersion}), kCorrupt, {"a/data.pkl", "CRC-32", "12345678"}},
        RefusedCase{"VersionMissing", ReadZip({.object = "}", .version = ""}), kCorrupt, {"version"}},
        RefusedCase{"VersionText", ReadZip({.object = "}", .version = "three"}), kCorrupt, {"three"}},
        RefusedCase{"VersionNegative", ReadZip({.object = "}", .version = "-1"}), kCorrupt, {"-1"}},
        RefusedCase{"Version0", ReadZip({.object = "}", .version = "0"}), kUnsupported, {"version 0"}},
        RefusedCase{"Version11", ReadZip({.object = "}", .version = "11"}), kUnsupported, {"version 11"}},
        RefusedCase{"VersionHuge", ReadZip({.object = "}", .version = "99999999999"}), kUnsupported, {"99999999999"}},
        RefusedCase{"ByteOrderMiddle", ReadZip({.object = "}", .byteorder = "middle"}), kCorrupt, {"middle"}},
        RefusedCase{"GlobalOutsideTheTable",
                    ReadZip({.object = Global("posix", "system") + Tuple({Text("true")}) + "R"}),
                    absl::StatusCode::kPermissionDenied,
                    {"posix", "system"}}),
    [](const auto& info) { return info.param.what; });

TEST(TorchLegacyTest, ReadsStoragesInTheOrderOfTheirKeys) {
  const absl::StatusOr<Checkpoint> checkpoint =
      ReadLegacy({.object = Dict({{Text("b"), Tensor({.storage = LegacyStorage("7", 2), .size = {2}})},
                                  {Text("a"), Tensor({.storage = LegacyStorage("10", 4)})}}),
                  .keys = Program(List({Text("10"), Text("7")})),
                  .storages = LittleEndian(4, 8) + kFloats + LittleEndian(2, 8) + Float(3) + Float(2)});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->format, "torch_legacy");
  EXPECT_THAT(Names(*checkpoint), ElementsAre("b", "a"));
  EXPECT_EQ(Elements(checkpoint->Find("a")->tensor), kFloats);
  EXPECT_EQ(Elements(checkpoint->Find("b")->tensor), Float(3) + Float(2));
  EXPECT_THAT(checkpoint->remarks, IsEmpty());
}

TEST(TorchLegacyTest, ReadsAViewOfARootStorage) {
  const std::string view = LegacyStorage("0", 4, Tuple({Text("99"), Int(1), Int(2)}));
  const absl::StatusOr<Checkpoint> checkpoint = ReadLegacy({.object = Tensor({.storage = view, .size = {2}})});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(Elements(checkpoint->tensors()[0].tensor), Float(1) + Float(2));
  const absl::Status beyond = ReadLegacy({.object = Tensor({.storage = view, .size = {3}})}).status();
  EXPECT_EQ(beyond.code(), kCorrupt) << beyond;
}

TEST(TorchLegacyTest, RemarksBytesAfterTheLastStorage) {
  const absl::StatusOr<Checkpoint> checkpoint =
      ReadLegacy({.object = Tensor({.storage = LegacyStorage("0", 4)}), .storages = LittleEndian(4, 8) + kFloats + "abc"});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(checkpoint->remarks, ElementsAre(HasSubstr("3 bytes follow")));
}

absl::StatusOr<Checkpoint> ReadOneLegacy(LegacyFile file) {
  if (file.object.empty()) file.object = Dict({{Text("w"), Tensor({.storage = LegacyStorage("0", 4)})}});
  return ReadLegacy(file);
}

std::string View(int64_t offset, int64_t size) {
  return Tensor({.storage = LegacyStorage("0", 4, Tuple({Text("99"), Int(offset), Int(size)})), .size = {1}});
}

INSTANTIATE_TEST_SUITE_P(
    Legacy, RefusedTest,
    testing::Values(
        RefusedCase{"OtherMagic", ReadOneLegacy({.magic = Program("K\x05")}), kUnsupported, {"magic", "5"}},
        RefusedCase{"OtherVersion", ReadOneLegacy({.version = Program("M\xea\x03")}), kUnsupported, {"1002"}},
        RefusedCase{"SystemIsAList", ReadOneLegacy({.system = Program("]")}), kCorrupt, {"sys_info"}},
        RefusedCase{"KeysAreADict", ReadOneLegacy({.keys = Program("}")}), kCorrupt, {"storage keys"}},
        RefusedCase{"KeyIsANumber", ReadOneLegacy({.keys = Program(List({Int(0)}))}), kCorrupt, {"storage key"}},
        RefusedCase{"KeyUnlisted", ReadOneLegacy({.keys = Program("]"), .storages = ""}), kCorrupt, {"storage \"0\"", "tensor \"w\""}},
        RefusedCase{"KeyUnused", ReadOneLegacy({.keys = Program(List({Text("0"), Text("1")}))}), kCorrupt, {"storage \"1\""}},
        RefusedCase{"KeyTwice", ReadOneLegacy({.keys = Program(List({Text("0"), Text("0")}))}), kCorrupt, {"storage \"0\"", "twice"}},
        RefusedCase{"CountTooHigh", ReadOneLegacy({.storages = LittleEndian(5, 8) + kFloats}), kCorrupt, {"storage \"0\"", "5"}},
        RefusedCase{"CountNegative", ReadOneLegacy({.storages = LittleEndian(-4, 8) + kFloats}), kCorrupt, {"storage \"0\"", "-4"}},
        RefusedCase{"DataCut", ReadOneLegacy({.storages = LittleEndian(4, 8) + kFloats.substr(1)}), kCorrupt, {"storage \"0\""}},
        RefusedCase{"CountCut", ReadOneLegacy({.storages = "123"}), kCorrupt, {"storage \"0\""}},
        RefusedCase{"ViewBeyond", ReadOneLegacy({.object = View(3, 2)}), kCorrupt, {"view"}},
        RefusedCase{"ViewNegative", ReadOneLegacy({.object = View(-1, 2)}), kCorrupt, {}},
        RefusedCase{"ViewOverflows", ReadOneLegacy({.object = View(1, INT64_MAX)}), kCorrupt, {"view"}},
        RefusedCase{"Untyped",
                    ReadOneLegacy({.object = Dict({{Text("w"), Storage("UntypedStorage", "0", 4, "N")}})}),
                    kUnsupported,
                    {"UntypedStorage"}}),
    [](const auto& info) { return info.param.what; });

// Reads whatever a file turns out to hold; its result does not matter.
absl::Status ReadEverything(const std::string& bytes) {
  const ByteSourcePtr source = MakeMemorySource("w.pt", bytes);
  const absl::StatusOr<Checkpoint> checkpoint = LooksLikeZip(*source) ? ReadTorchZip(source, {}) : ReadTorchLegacy(source, {});
  if (!checkpoint.ok()) return checkpoint.status();
  for (const CheckpointTensor& tensor : checkpoint->tensors()) {
    if (tensor.tensor.byte_size() < 1 << 20) Elements(tensor.tensor);
  }
  return absl::OkStatus();
}

std::vector<std::string> GoodFiles() {
  const std::string tensors = Dict({{Text("w"), Tensor({})}, {Text("v"), Tensor({.size = {2, 2}, .stride = {1, 2}})}});
  return {BuildTorchZip({.object = tensors}),
          BuildTorchZip({.object = tensors, .records = {Deflated("data/0", kFloats)}, .byteorder = "big"}),
          BuildTorchLegacy({.object = Tensor({.storage = LegacyStorage("0", 4)})})};
}

TEST(DamageTest, EveryPrefixIsRefused) {
  for (const std::string& file : GoodFiles()) {
    ASSERT_TRUE(ReadEverything(file).ok());
    for (size_t size = 0; size < file.size(); ++size) EXPECT_FALSE(ReadEverything(file.substr(0, size)).ok()) << size;
  }
}

TEST(DamageTest, NoChangedByteDoesHarm) {
  for (const std::string& file : GoodFiles()) {
    for (size_t i = 0; i < file.size(); ++i) {
      for (const char value : {'\x00', '\x01', '\x7f', '\x80', '\xff'}) {
        std::string changed = file;
        changed[i] = value;
        ReadEverything(changed).IgnoreError();
      }
    }
  }
}

TEST(RecogniseTest, TellsZipFromLegacyInAnyProtocol) {
  const auto legacy = [](const std::string& bytes) { return LooksLikeTorchLegacy(*MakeMemorySource("w.pt", bytes)); };
  const std::string magic("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 13);
  EXPECT_TRUE(legacy("\x80\x02" + magic));
  EXPECT_TRUE(legacy("\x80\x03" + magic + std::string(100, 'x')));
  EXPECT_TRUE(legacy("\x80\x04\x95" + LittleEndian(13, 8) + magic));
  EXPECT_TRUE(legacy("L119547037146038801333356L\n."));
  EXPECT_FALSE(legacy("L119547037146038801333357L\n."));
  EXPECT_FALSE(legacy("\x80\x02" + magic.substr(0, 12)));
  EXPECT_FALSE(legacy(std::string("cposix\nsystem\n(X\x01\0\0\0xtR.", 24)));
  EXPECT_FALSE(legacy(""));
  EXPECT_TRUE(LooksLikeZip(*MakeMemorySource("w.pt", BuildTorchZip({.object = "}"}))));
  EXPECT_FALSE(LooksLikeZip(*MakeMemorySource("w.pt", "PK\3")));
  EXPECT_FALSE(LooksLikeZip(*MakeMemorySource("w.pt", kMagic)));
}

}  // namespace
}  // namespace weighbridge
