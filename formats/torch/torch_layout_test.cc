#include "formats/torch/torch_layout.h"

#include <isa-l/crc.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/torch/read_torch.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

// The file as a whole: literals, the bytes that `payload` gives for every row, and checksums.
std::string Render(const Layout& layout, absl::FunctionRef<std::string(size_t)> payload) {
  std::string file(layout.size, '\0');
  for (const Layout::Literal& literal : layout.literals) file.replace(literal.offset, literal.bytes.size(), literal.bytes);
  std::vector<uint32_t> crc32(layout.slots.size());
  for (size_t i = 0; i < layout.slots.size(); ++i) {
    const std::string bytes = payload(i);
    EXPECT_EQ(static_cast<int64_t>(bytes.size()), layout.slots[i].size);
    file.replace(layout.slots[i].offset, bytes.size(), bytes);
    crc32[i] = crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  for (const Layout::Checksum& checksum : layout.checksums) {
    EXPECT_EQ(file.substr(checksum.offset, 4), std::string(4, '\0'));
    for (int i = 0; i < 4; ++i) file[checksum.offset + i] = static_cast<char>(crc32[checksum.slot] >> (8 * i));
  }
  return file;
}

std::string Sha256Hex(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return absl::BytesToHexString(digest);
}

// Byte j of tensor i is i + j; tied tensors have the bytes of the first.
std::string Pattern(size_t row, int64_t size) {
  std::string bytes(size, '\0');
  for (size_t j = 0; j < bytes.size(); ++j) bytes[j] = static_cast<char>(row + j);
  return bytes;
}

std::string Filled(const std::vector<LayoutRow>& rows, const std::optional<ModuleVersions>& module_versions) {
  const absl::StatusOr<Layout> layout = TorchLayout(rows, module_versions);
  EXPECT_TRUE(layout.ok()) << layout.status();
  if (!layout.ok()) return "";
  return Render(*layout, [&](size_t i) {
    size_t first = i;
    while (rows[first].same_as.has_value()) first = *rows[first].same_as;
    return Pattern(first, layout->slots[i].size);
  });
}

// The dtypes that PyTorch 1.12 has, as in torch_save_oracle.py.
constexpr DType kDTypes[] = {DType::kBool,    DType::kUint8,    DType::kInt8,    DType::kInt16,   DType::kInt32,     DType::kInt64,
                             DType::kFloat16, DType::kBfloat16, DType::kFloat32, DType::kFloat64, DType::kComplex64, DType::kComplex128};

LayoutRow Row(std::string name, Shape shape, int dtype) {
  return {.name = std::move(name), .spec = {kDTypes[dtype], std::move(shape)}, .tensor_name = ""};
}

LayoutRow Tied(std::string name, const std::vector<LayoutRow>& rows, size_t same_as) {
  return {.name = std::move(name), .spec = rows[same_as].spec, .tensor_name = "", .same_as = same_as};
}

std::vector<LayoutRow> Many(int count) {
  const Shape shapes[] = {{2}, {2, 3}, {}, {1, 2, 3}, {2, 1, 1, 2}, {0}, {3, 0, 2}};
  std::vector<LayoutRow> rows;
  for (int i = 0; i < count; ++i) rows.push_back(Row(absl::StrCat("layer.", i, ".weight"), shapes[i % 7], i % 12));
  return rows;
}

ModuleVersions Modules(int count) {
  ModuleVersions modules;
  for (int i = 0; i < count; ++i) modules.push_back({absl::StrCat("layer.", i), 1 + i % 3});
  return modules;
}

struct OracleCase {
  const char* name;
  std::vector<LayoutRow> rows;
  std::optional<ModuleVersions> modules;
  const char* sha256;
};

// The hashes are what torch_save_oracle.py prints.
std::vector<OracleCase> OracleCases() {
  std::vector<LayoutRow> extents;
  for (const int64_t n : {int64_t{255}, int64_t{256}, int64_t{65535}, int64_t{65536}, (int64_t{1} << 31) - 1, int64_t{1} << 31,
                          int64_t{1} << 39, int64_t{1} << 40}) {
    extents.push_back(Row(absl::StrCat("e.", n), {n, 0}, 3));
  }
  ModuleVersions versions;
  for (const int64_t n : {int64_t{0}, int64_t{-1}, int64_t{255}, int64_t{256}, int64_t{65535}, int64_t{65536}, (int64_t{1} << 31) - 1,
                          int64_t{1} << 31, -(int64_t{1} << 31), -(int64_t{1} << 31) - 1, INT64_MAX}) {
    versions.push_back({absl::StrCat("m", n), n});
  }
  std::vector<LayoutRow> tied = {Row("a.w", {2}, 6), Row("b.w", {3}, 8)};
  tied.push_back(Tied("c.w", tied, 0));
  tied.push_back(Tied("d.w", tied, 2));
  tied.push_back(Row("e.w", {1}, 1));
  std::vector<LayoutRow> interned;
  for (const char* name : {"storage", "cpu", "version", "_metadata", "0", "storage.0", "torch"}) interned.push_back(Row(name, {2}, 8));
  const std::vector<LayoutRow> names = {Row(std::string(300, 'a') + ".b", {1}, 8), Row("\xc3\xa9.\xe4\xb8\xad\xf0\x9f\x98\x80", {1}, 8),
                                        Row(".", {1}, 8), Row("", {1}, 8)};
  const std::vector<LayoutRow> one = {Row("w.a", {2, 3}, 8)};
  return {
      {"no tensors", {}, {}, "d030ad8db708280fcae77d87e973102039acd23a11bdecc3db8eb6c0ac940ee1"},
      {"no tensors, no modules", {}, ModuleVersions(), "f33c54d71865e2ec14350b5bf550fc036ad2949c4c5e2e87ad8f7bdc19dae383"},
      {"no tensors, one module", {}, {{{"", 1}}}, "1eabb3979b7904c2fde8c45c5a88a7c80c0095bb8e51137a6ccaa8a635e3e847"},
      {"one tensor", one, {}, "65795300f73648a8ab0a088de367a9953c227b16dbc682ac859ae931d20c7805"},
      {"one tensor, one module", one, {{{"w", 1}}}, "decb5a9d9f856c5db2c3f826012518cc6fb4f37ea0f3776e95799c9b6463b1ef"},
      {"every dtype and shape", Many(84), Modules(2), "39977939de6c3ed2cc99d56e7e3419eb491305c6049334ba8b5fa418be3175c7"},
      {"extents of every size", extents, {}, "de9956a0781c0ef571444832dc526045cb87834042bb8c56df012161e49276ad"},
      {"versions of every size", {}, versions, "b5b3e0bd96584fad644b7111c0cc4f33849e2395f6c086fbc9ae54e1ca364d32"},
      {"tied tensors", tied, Modules(1), "17a884ef075995fe38340383b7bad2c0506f9b699f57de7bb8e224a4d80500ba"},
      {"interned names", interned, {{{"cpu", 1}}}, "0f5b0c6e0e61f44dcb0d7330d977352ddd0dda72ede27bb16c6f96ef7e9e23ca"},
      {"names of every kind", names, {}, "96609da41680997b07325c470c814e168adab568dd8ba2e1e23d53b5b381ed26"},
      {"999 tensors", Many(999), Modules(999), "7ad8771916916442e02c9355b7c148bd6bca12333225bb068435664f9e8e590d"},
      {"1000 tensors", Many(1000), {}, "e3fd0763f26973f1a1a8ec168127704fea7de39b6766d2f27c79ee509c7af962"},
      {"1000 tensors, 1000 modules", Many(1000), Modules(1000), "3e13d486e7854c6ada4f12f8a9dfd0f32cce4f3facb8911dd5b2bb98080a4f9f"},
      {"1001 tensors", Many(1001), {}, "28b40a34409212557925e1b578dd738dafa09bb219e31258592e1395fca8b4f8"},
      {"1001 tensors, 1001 modules", Many(1001), Modules(1001), "73983b2877cfef4d54c355058a4c4be0db4fb8460b8d4bb650deed4b0f7ac382"},
      {"2002 tensors, 2000 modules", Many(2002), Modules(2000), "8c84926e95d3325b197f139fb14696feb85854190230d805d5c41567f1312a0e"},
      {"66000 tensors", Many(66000), {}, "65c45f046e50a9761db07f11b7bcda8d7568cc6b95e4067f96006e0004710031"},
  };
}

TEST(TorchLayoutTest, WritesWhatTorchSaveWrites) {
  for (const OracleCase& oracle : OracleCases()) {
    EXPECT_EQ(Sha256Hex(Filled(oracle.rows, oracle.modules)), oracle.sha256) << oracle.name;
  }
}

TEST(TorchLayoutTest, LiteralsAndSlotsCoverTheFileExactly) {
  std::vector<LayoutRow> rows = Many(100);
  rows.push_back(Tied("tied", rows, 7));
  const absl::StatusOr<Layout> layout = TorchLayout(rows, std::nullopt);
  ASSERT_TRUE(layout.ok()) << layout.status();
  ASSERT_EQ(layout->slots.size(), rows.size());
  EXPECT_EQ(layout->slots[100].offset, layout->slots[7].offset);
  std::vector<std::pair<int64_t, int64_t>> ranges;
  for (const Layout::Literal& literal : layout->literals) ranges.emplace_back(literal.offset, literal.bytes.size());
  EXPECT_TRUE(std::is_sorted(ranges.begin(), ranges.end()));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (layout->slots[i].size > 0 && !rows[i].same_as.has_value()) ranges.emplace_back(layout->slots[i].offset, layout->slots[i].size);
    EXPECT_EQ(layout->slots[i].offset % 64, 0);
  }
  std::sort(ranges.begin(), ranges.end());
  int64_t end = 0;
  for (const auto& [offset, size] : ranges) {
    EXPECT_EQ(offset, end);
    end = offset + size;
  }
  EXPECT_EQ(end, layout->size);
}

// A file of which only the literals are there; tensors are zeros, and the checksums 0, which means that there are none.
class LiteralsSource final : public ByteSource {
 public:
  explicit LiteralsSource(Layout layout) : ByteSource("literals", layout.size), layout_(std::move(layout)) {}

 private:
  static int64_t End(const Layout::Literal& literal) { return literal.offset + static_cast<int64_t>(literal.bytes.size()); }

  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    std::fill(buffer.begin(), buffer.end(), '\0');
    const int64_t end = offset + static_cast<int64_t>(buffer.size());
    auto literal = std::partition_point(layout_.literals.begin(), layout_.literals.end(),
                                        [offset](const Layout::Literal& earlier) { return End(earlier) <= offset; });
    for (; literal != layout_.literals.end() && literal->offset < end; ++literal) {
      const int64_t from = std::max(offset, literal->offset);
      const int64_t to = std::min(end, End(*literal));
      std::memcpy(&buffer[from - offset], &literal->bytes[from - literal->offset], to - from);
    }
    return absl::OkStatus();
  }

  Layout layout_;
};

// Beyond 4 GiB, byte for byte what PyTorch 1.13.1 wrote for zeros to a file object; only the checksums of tensors are still 0 here.
TEST(TorchLayoutTest, SizesAndOffsetsFrom4GiBStandInZip64Fields) {
  const std::vector<LayoutRow> rows = {Row("a", {int64_t{5} << 28}, 8), Row("b", {3}, 2), Row("c", {0}, 8), Row("d", {1}, 6)};
  const absl::StatusOr<Layout> layout = TorchLayout(rows, ModuleVersions{{"", 1}, {"m", 2}});
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(layout->size, 0x14000066b);
  EXPECT_THAT(layout->slots[0].offset, 0x280);
  EXPECT_THAT(layout->slots[1].offset, 0x140000300);
  EXPECT_THAT(layout->slots[3].offset, 0x1400003c0);
  const LiteralsSource file(*layout);
  const struct {
    const char* what;
    int64_t offset;
    const char* hex;
  } parts[] = {
      {"local header of a", 0x215, "504b0304 0000 0808 0000 00000000 00000000 00000000 00000000 0e00 3f00"},
      {"its ZIP64 field: size, and 0", 0x241, "0100 1000 0000004001000000 0000000000000000"},
      {"its padding", 0x255, "4642 2700 5a5a5a"},
      {"descriptor of a", 0x140000280, "504b0708 00000000 0000004001000000 0000004001000000"},
      {"local header of b", 0x140000298, "504b0304 0000 0808 0000 00000000 00000000 00000000 00000000 0e00 3c00"},
      {"its ZIP64 field: offset", 0x1400002c4, "0100 0800 9802004001000000"},
      {"descriptor of b", 0x140000303, "504b0708 00000000 0300000000000000 0300000000000000"},
      {"local header of c, which is empty", 0x14000031b, "504b0304 0000 0008 0000 00000000 00000000 00000000 00000000 0e00 3900"},
      {"no descriptor of c, local header of d", 0x140000380, "504b0304 0000 0808"},
      {"descriptor of version", 0x140000442, "504b0708 d19e6755 0200000000000000 0200000000000000"},
      {"directory: data.pkl", 0x14000045a,
       "504b0102 0000 0000 0808 0000 00000000 38765e74 c5010000 c5010000 1000 0000 0000 0000 0000 00000000 00000000"},
      {"directory: a", 0x140000498,
       "504b0102 0000 0000 0808 0000 00000000 00000000 ffffffff ffffffff 0e00 1400 0000 0000 0000 00000000 15020000"},
      {"its ZIP64 field: sizes", 0x1400004d4, "0100 1000 0000004001000000 0000004001000000"},
      {"directory: b", 0x1400004e8,
       "504b0102 0000 0000 0808 0000 00000000 00000000 03000000 03000000 0e00 0c00 0000 0000 0000 00000000 ffffffff"},
      {"its ZIP64 field: offset", 0x140000524, "0100 0800 9802004001000000"},
      {"ZIP64 end record", 0x140000609,
       "504b0606 2c00000000000000 1e03 2d00 00000000 00000000 0600000000000000 0600000000000000 af01000000000000 5a04004001000000"},
      {"ZIP64 end locator", 0x140000641, "504b0607 00000000 0906004001000000 01000000"},
      {"end record", 0x140000655, "504b0506 0000 0000 0600 0600 af010000 ffffffff 0000"},
  };
  for (const auto& part : parts) {
    const std::string expected = absl::HexStringToBytes(absl::StrReplaceAll(part.hex, {{" ", ""}}));
    std::string bytes(expected.size(), '\0');
    ASSERT_TRUE(file.ReadAt(part.offset, absl::MakeSpan(bytes)).ok());
    EXPECT_EQ(absl::BytesToHexString(bytes), absl::BytesToHexString(expected)) << part.what;
  }
}

// The sizes of the files that PyTorch 1.13.1 wrote: a is of so many bytes, then b, of one, begins at this offset.
TEST(TorchLayoutTest, Zip64BeginsWhereA32BitNumberIsAllOnes) {
  const struct {
    int64_t bytes;
    int64_t offset;
    int64_t file_size;
  } cases[] = {
      {4294966894, 0xfffffffe, 4294967867},  {4294966895, 0xffffffff, 4294967879},  {4294966896, 0x100000000, 4294967879},
      {4294967294, 0x10000018e, 4294968327}, {4294967295, 0x100000197, 4294968347},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Layout> layout = TorchLayout({Row("a", {c.bytes}, 1), Row("b", {1}, 1)}, std::nullopt);
    ASSERT_TRUE(layout.ok()) << layout.status();
    EXPECT_EQ(layout->size, c.file_size) << c.bytes;
    EXPECT_EQ(layout->literals[1].bytes.find("PK\3\4") + layout->literals[1].offset, c.offset) << c.bytes;
  }
}

TEST(TorchLayoutTest, TheReaderReadsItBack) {
  std::vector<LayoutRow> rows = Many(66000);
  rows.insert(rows.begin() + 500, Row("huge", {3, int64_t{2} << 30}, 6));
  rows.push_back(Tied("tied", rows, 500));
  const ModuleVersions modules = Modules(5);
  absl::StatusOr<Layout> layout = TorchLayout(rows, modules);
  ASSERT_TRUE(layout.ok()) << layout.status();
  const absl::StatusOr<Checkpoint> checkpoint = ReadTorchZip(std::make_shared<LiteralsSource>(*layout), ReadLimits());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ASSERT_EQ(checkpoint->tensors().size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const CheckpointTensor& tensor = checkpoint->tensors()[i];
    EXPECT_EQ(tensor.name, rows[i].name);
    EXPECT_EQ(tensor.tensor.spec(), rows[i].spec);
    if (layout->slots[i].size > 0) {
      EXPECT_EQ(tensor.tensor.offset(), layout->slots[i].offset);
    }
  }
  EXPECT_EQ(checkpoint->module_versions, modules);
}

TEST(TorchLayoutTest, RefusesWhatTorchCannotHold) {
  const auto of_dtype = [](DType dtype) { return std::vector<LayoutRow>{{.name = "w", .spec = {dtype, {2}}, .tensor_name = ""}}; };
  using Code = absl::StatusCode;
  const struct {
    std::vector<LayoutRow> rows;
    ModuleVersions modules;
    Code code;
    const char* mention;
  } cases[] = {
      {{Row("w", {2}, 0), Row("w", {3}, 0)}, {}, Code::kInvalidArgument, "two tensors have the name \"w\""},
      {{Row("w\xff", {2}, 0)}, {}, Code::kInvalidArgument, "\"w\\xff\""},
      {{Row("w\xed\xa0\x80", {2}, 0)}, {}, Code::kInvalidArgument, "UTF-8"},
      {{}, {{"m", 1}, {"m", 1}}, Code::kInvalidArgument, "two modules have the name \"m\""},
      {{}, {{"m\xff", 1}}, Code::kInvalidArgument, "\"m\\xff\""},
      {{Row("w", {-2}, 0)}, {}, Code::kDataLoss, "\"w\""},
      {{Row("w", {int64_t{1} << 40, int64_t{1} << 40}, 0)}, {}, Code::kDataLoss, "\"w\""},
      {{Row("v", {int64_t{1} << 60}, 8), Row("w", {1}, 8)}, {}, Code::kDataLoss, "2^62"},
      {of_dtype(DType::kUint16), {}, Code::kUnimplemented, "tensor \"w\": PyTorch 1.12 has no storage for uint16"},
      {of_dtype(DType::kUint32), {}, Code::kUnimplemented, "uint32"},
      {of_dtype(DType::kUint64), {}, Code::kUnimplemented, "uint64"},
      {of_dtype(DType::kFloat8E4M3Fn), {}, Code::kUnimplemented, "float8_e4m3fn"},
      {of_dtype(DType::kFloat8E4M3FnUz), {}, Code::kUnimplemented, "float8_e4m3fnuz"},
      {of_dtype(DType::kFloat8E5M2), {}, Code::kUnimplemented, "float8_e5m2"},
      {of_dtype(DType::kFloat8E5M2FnUz), {}, Code::kUnimplemented, "float8_e5m2fnuz"},
      {of_dtype(DType::kFloat8E8M0Fnu), {}, Code::kUnimplemented, "float8_e8m0fnu"},
  };
  for (const auto& c : cases) {
    const absl::Status status = TorchLayout(c.rows, c.modules).status();
    EXPECT_EQ(status.code(), c.code) << c.mention << ": " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), c.mention)) << c.mention << ": " << status;
  }
}

std::string ReadFile(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

// Reads a file and lays out what was read: that must give the file again.
void ExpectReproduced(const std::string& path) {
  SCOPED_TRACE(path);
  const absl::StatusOr<ByteSourcePtr> source = OpenFile(path);
  ASSERT_TRUE(source.ok()) << source.status();
  const absl::StatusOr<Checkpoint> checkpoint = ReadTorchZip(*source, ReadLimits());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  std::vector<LayoutRow> rows;
  for (const CheckpointTensor& tensor : checkpoint->tensors()) {
    rows.push_back({.name = tensor.name, .spec = tensor.tensor.spec(), .tensor_name = ""});
  }
  const absl::StatusOr<Layout> layout = TorchLayout(rows, checkpoint->module_versions);
  ASSERT_TRUE(layout.ok()) << layout.status();
  const std::string file = Render(*layout, [&](size_t i) {
    const StoredTensor& tensor = checkpoint->tensors()[i].tensor;
    std::string bytes(tensor.byte_size(), '\0');
    const absl::Status status = ReadRegion(tensor, WholeRegion(tensor.spec().shape), absl::MakeSpan(bytes));
    EXPECT_TRUE(status.ok()) << status;
    return bytes;
  });
  EXPECT_TRUE(file == ReadFile(path)) << "the bytes differ";
}

TEST(TorchLayoutTest, ReproducesTheGoldensOfTestdata) {
  for (const char* set : {"tiny", "small"}) {
    ExpectReproduced(absl::StrCat("testdata/", set, "/vicuna/pytorch_model.bin"));
    ExpectReproduced(absl::StrCat("testdata/", set, "/vicuna_consolidated/pytorch_model.bin"));
  }
}

TEST(TorchLayoutTest, ReproducesTheGoldens) {
  const char* shared = std::getenv("WEIGHBRIDGE_SHARED");
  if (shared == nullptr || !std::filesystem::exists(shared)) GTEST_SKIP() << "WEIGHBRIDGE_SHARED names no folder";
  int count = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(absl::StrCat(shared, "/golden"))) {
    if (file.path().extension() != ".bin") continue;
    ExpectReproduced(file.path().string());
    ++count;
  }
  EXPECT_GT(count, 0);
  std::cout << count << " golden files reproduced\n";
}

}  // namespace
}  // namespace weighbridge
