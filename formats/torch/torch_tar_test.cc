#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/torch/read_torch_tar.h"
#include "formats/torch/tar_archive.h"
#include "formats/zip/zip_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The archive with the checksum that its first header should have.
std::string WithChecksum(std::string archive) {
  archive.replace(148, 8, "        ");
  int sum = 0;
  for (const char byte : archive.substr(0, 512)) sum += static_cast<uint8_t>(byte);
  archive.replace(148, 7, absl::StrFormat("%06o", sum) + std::string(1, '\0'));
  return archive;
}

// A member of a tar archive with its padding.
std::string Member(const std::string& name, const std::string& data, char type = '0') {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  header.replace(124, 11, absl::StrFormat("%011o", data.size()));
  header[156] = type;
  header.replace(257, 5, "ustar");
  return WithChecksum(header) + data + std::string((512 - data.size() % 512) % 512, '\0');
}

std::string WithPrefix(std::string archive, const std::string& prefix) {
  return WithChecksum(archive.replace(345, prefix.size(), prefix));
}

std::string WithoutMagic(std::string archive) {
  return WithChecksum(archive.replace(257, 5, 5, '\0'));
}

std::string WithSize(std::string archive, const std::string& size) {
  return WithChecksum(archive.replace(124, size.size(), size));
}

// The archive of one member, its last bytes changed.
std::string WithPadding(std::string archive, const std::string& bytes) {
  return archive.replace(archive.size() - 512 + bytes.size(), bytes.size(), bytes);
}

std::string Damaged(std::string archive, size_t offset, char byte) {
  archive[offset] = byte;
  return archive;
}

std::string Numbers(const std::vector<int64_t>& numbers) {
  std::string bytes;
  for (const int64_t number : numbers) bytes += LittleEndian(number, 8);
  return bytes;
}

std::string Pickle(const std::string& body) {
  return absl::StrCat("\x80\x02", body, ".");
}
std::string Int(int64_t value) {
  return absl::StrCat("\x8a\x08", LittleEndian(value, 8));
}
std::string Text(const std::string& text) {
  return absl::StrCat("X", LittleEndian(text.size(), 4), text);
}

// 1, 2, 3, 4 as int16, under the number 1, and elements 1 and 2 of it under the number 2.
struct Tar {
  std::string storage_count = Pickle(Int(1));
  std::string storage = Pickle("(" + Int(1) + Text("cpu") + "ctorch\nShortStorage\nt");
  int64_t numel = 4;
  std::string elements = std::string("\1\0\2\0\3\0\4\0", 8);
  std::string views = Pickle(
      "]("
      "(" +
      Int(2) + Int(1) + Int(1) + Int(2) +
      "t"
      "e");
  std::string tensor = Pickle("(" + Int(9) + Int(1) + "ctorch\nShortTensor\nt");
  int32_t rank = 2;
  std::vector<int64_t> numbers = {2, 2, 1, 2, 0};  // Sizes, strides, offset.
  std::string object = Pickle("}(" + Text("w") + Text("9") + "Q" + Text("v") + "P2\nu");
};

std::string Storages(const Tar& tar) {
  return tar.storage_count + tar.storage + LittleEndian(tar.numel, 8) + tar.elements + tar.views;
}

std::string Tensors(const Tar& tar) {
  return Pickle(Int(1)) + tar.tensor + LittleEndian(tar.rank, 4) + std::string(4, '\0') + Numbers(tar.numbers);
}

absl::StatusOr<Checkpoint> ReadBytes(std::string bytes) {
  return ReadTorchTar(MakeMemorySource("w.tar", std::move(bytes)), ReadLimits());
}

absl::StatusOr<Checkpoint> Read(const Tar& tar) {
  return ReadBytes(Member("sys_info", "not read") + Member("storages", Storages(tar)) + Member("tensors", Tensors(tar)) +
                   Member("pickle", tar.object) + std::string(1024, '\0'));
}

std::string Elements(const StoredTensor& tensor) {
  std::string bytes(tensor.byte_size(), '\0');
  EXPECT_TRUE(ReadRegion(tensor, WholeRegion(tensor.spec().shape), absl::MakeSpan(bytes)).ok());
  return bytes;
}

TEST(TorchTarTest, ReadsTensorsAndViewsOfStorages) {
  const absl::StatusOr<Checkpoint> checkpoint = Read({});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ASSERT_EQ(checkpoint->tensors().size(), 2);
  const CheckpointTensor& transposed = checkpoint->tensors()[0];
  EXPECT_EQ(transposed.name, "w");
  EXPECT_EQ(transposed.tensor.spec(), (TensorSpec{DType::kInt16, {2, 2}}));
  EXPECT_EQ(Elements(transposed.tensor), std::string("\1\0\3\0\2\0\4\0", 8));
  const CheckpointTensor& view = checkpoint->tensors()[1];
  EXPECT_EQ(view.name, "v");
  EXPECT_EQ(view.tensor.spec(), (TensorSpec{DType::kInt16, {2}}));
  EXPECT_EQ(Elements(view.tensor), std::string("\2\0\3\0", 4));
  EXPECT_TRUE(checkpoint->remarks.empty());
}

TEST(TorchTarTest, TensorsInPlacesWithoutAPathAreNamed) {
  Tar tar;
  tar.object = Pickle("}(" + Text("w") + Text("9") + "Q" + Text("s") + "\x8f(P2\n\x90u");
  const absl::StatusOr<Checkpoint> checkpoint = Read(tar);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->tensors().size(), 1);
  EXPECT_THAT(checkpoint->unlisted, ElementsAre(HasSubstr("\"s\"")));
}

TEST(TorchTarTest, WorkGrowsWithTheProgram) {
  const auto work = [](int uses) {
    Tar tar;
    std::string object = "](" + Text("9") + "Qq\1";
    for (int i = 0; i < uses; ++i) object += "h\1";
    tar.object = Pickle(object + "e");
    const absl::StatusOr<Checkpoint> checkpoint = Read(tar);
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    return checkpoint.ok() ? checkpoint->work : 0;
  };
  EXPECT_LE(work(6000), 2 * work(3000) + 100);
  EXPECT_LT(work(3000), 30'000);
  Tar tar;
  tar.object = Pickle(Text(std::string(100, '0') + "9") + "Q");
  EXPECT_EQ(Read(tar).status().code(), absl::StatusCode::kDataLoss) << "a long text is no number, however often it is asked for";
}

TEST(TorchTarTest, RemarksBytesAfterTheObjects) {
  Tar tar;
  tar.views += "abc";
  tar.numbers.push_back(0);
  tar.object += "x";
  const absl::StatusOr<Checkpoint> checkpoint = Read(tar);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(checkpoint->remarks, ElementsAre(HasSubstr("3 bytes"), HasSubstr("8 bytes"), HasSubstr("1 bytes")));
}

std::vector<std::string> NamesOf(const std::string& archive) {
  const absl::StatusOr<std::vector<TarMember>> members = ListTarMembers(*MakeMemorySource("a.tar", archive));
  if (!members.ok()) return {members.status().ToString()};
  std::vector<std::string> names;
  for (const TarMember& member : *members) names.push_back(absl::StrCat(member.name, member.is_file ? "" : " (no file)"));
  return names;
}

// As Python's tarfile lists them.
TEST(TarArchiveTest, ListsMembersAsTarfileDoes) {
  EXPECT_THAT(NamesOf(Member("a", "data") + Member("b", "") + std::string(512, '\0') + "anything"), ElementsAre("a", "b"));
  EXPECT_THAT(NamesOf(Member("old", "x", '\0') + Member("contiguous", "x", '7') + Member("unknown", "x", 'Z')),
              ElementsAre("old", "contiguous", "unknown"));
  EXPECT_THAT(NamesOf(Member("link", "", '1') + Member("folder", "", '5') + Member("old_folder/", "", '\0')),
              ElementsAre("link (no file)", "folder (no file)", "old_folder/ (no file)"));
  EXPECT_THAT(NamesOf(Member("x", "11 path=ab\n", 'x') + Member("a", "data") + Member("b", "")), ElementsAre("ab", "b"));
  EXPECT_THAT(NamesOf(Member("x", "15 mtime=12.34\n", 'x') + Member("a", "")), ElementsAre("a"));
  EXPECT_THAT(NamesOf(Member("g", "13 comment=x\n", 'g') + Member("a", "")), ElementsAre("a"));
  EXPECT_THAT(NamesOf(Member("L", std::string("long\0", 5), 'L') + Member("a", "data")), ElementsAre("long"));
  EXPECT_THAT(NamesOf(Member("K", "target", 'K') + Member("a", "")), ElementsAre("a"));
  EXPECT_THAT(NamesOf(WithPrefix(Member("a", ""), "folder")), ElementsAre("folder/a"));
  EXPECT_THAT(NamesOf(WithoutMagic(Member("a", ""))), ElementsAre("a"));
}

TEST(TarArchiveTest, ReadsABinarySize) {
  std::string archive = Member("a", "data") + Member("b", "");
  archive.replace(124, 12, std::string("\x80\0\0\0\0\0\0\0\0\0\0\4", 12));
  EXPECT_THAT(NamesOf(WithChecksum(archive)), ElementsAre("a", "b"));
}

TEST(TarArchiveTest, RefusesWhatTarfileWouldFollowElsewhere) {
  struct Case {
    const char* what;
    std::string archive;
    absl::StatusCode code;
  };
  const Case cases[] = {
      {"a size in a PAX header", Member("x", "9 size=1\n", 'x') + Member("a", "data"), absl::StatusCode::kUnimplemented},
      {"a size in a global PAX header", Member("g", "9 size=1\n", 'g') + Member("a", "data"), absl::StatusCode::kUnimplemented},
      {"a path in a global PAX header", Member("g", "10 path=a\n", 'g') + Member("a", "data"), absl::StatusCode::kUnimplemented},
      {"a sparse map in a PAX header", Member("x", "20 GNU.sparse.map=1\n", 'x') + Member("a", ""), absl::StatusCode::kUnimplemented},
      {"a sparse member", Member("a", "data", 'S'), absl::StatusCode::kUnimplemented},
      {"two names", Member("x", "10 path=b\n", 'x') + Member("L", "c", 'L') + Member("a", ""), absl::StatusCode::kDataLoss},
      {"a PAX record of another length", Member("x", "11 path=a\n", 'x') + Member("a", ""), absl::StatusCode::kDataLoss},
      {"a PAX record of length 0", Member("x", "0 path=a\n", 'x') + Member("a", ""), absl::StatusCode::kDataLoss},
      {"records in the padding", WithPadding(Member("x", "10 path=b\n", 'x'), "10 path=c\n") + Member("a", ""),
       absl::StatusCode::kDataLoss},
      {"a size below 0", WithSize(Member("a", ""), "-0000000001"), absl::StatusCode::kDataLoss},
      {"a size that is no octal number", WithSize(Member("a", ""), "0o000000001"), absl::StatusCode::kDataLoss},
      {"a long PAX header", Member("x", std::string(70000, 'x'), 'x'), absl::StatusCode::kResourceExhausted},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ListTarMembers(*MakeMemorySource("a.tar", c.archive)).status().code(), c.code) << c.what;
  }
}

// The densest archive: nothing but headers.
TEST(TarArchiveTest, ReadsEachByteOnce) {
  for (const int count : {1000, 2000}) {
    std::string archive;
    for (int i = 0; i < count; ++i) archive += Member(absl::StrCat(i), "");
    EXPECT_THAT(NamesOf(archive), testing::SizeIs(count));
  }
}

TEST(TarArchiveTest, IsRecognisedByItsChecksum) {
  const auto looks = [](const std::string& bytes) { return LooksLikeTar(*MakeMemorySource("f", bytes)); };
  EXPECT_TRUE(looks(Member("a", "")));
  EXPECT_TRUE(looks(WithoutMagic(Member("a", ""))));
  EXPECT_TRUE(looks(Damaged(Member("a", ""), 0, 'b'))) << "ustar";
  EXPECT_FALSE(looks(Damaged(WithoutMagic(Member("a", "")), 0, 'b')));
  EXPECT_FALSE(looks(std::string(512, '\0')));
  EXPECT_FALSE(looks(WithoutMagic(Member("a", "")).substr(0, 511)));
  // int("0o…", 8) is a number to Python.
  std::string spelled = WithoutMagic(Member("a", ""));
  const std::string digits = spelled.substr(148, 6);
  spelled.replace(148, 8, "0o" + digits);
  EXPECT_TRUE(looks(spelled));
}

// A file that is a pickle as well as a tar is one or the other to torch.load, by how it is asked.
TEST(TorchTarTest, BeginsWithAMemberOfItsOwn) {
  const Tar tar;
  const std::string members = Member("storages", Storages(tar)) + Member("tensors", Tensors(tar)) + Member("pickle", tar.object);
  EXPECT_TRUE(ReadBytes(members).ok());
  EXPECT_TRUE(ReadBytes(Member("././@PaxHeader", "15 mtime=12.34\n", 'x') + members).ok());
  for (const char* begin : {"\x80\x02}.", "(dp0\n.", "N0N0T", "./storages"}) {
    const absl::Status status = ReadBytes(Member(begin, "") + members).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(status.message(), HasSubstr("another file as well"));
  }
}

struct RefusedCase {
  const char* what;
  absl::StatusOr<Checkpoint> result;
  absl::StatusCode code;
  std::string mention;
};

class TarRefusedTest : public testing::TestWithParam<RefusedCase> {};

TEST_P(TarRefusedTest, SaysWhatIsWrong) {
  const absl::Status& status = GetParam().result.status();
  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(status.message(), HasSubstr("reading w.tar: "));
  EXPECT_THAT(status.message(), HasSubstr(GetParam().mention));
}

std::string View(int64_t key, int64_t root, int64_t offset, int64_t numel) {
  return Pickle("]((" + Int(key) + Int(root) + Int(offset) + Int(numel) + "te");
}

constexpr auto kCorrupt = absl::StatusCode::kDataLoss;
constexpr auto kUnsupported = absl::StatusCode::kUnimplemented;
constexpr auto kForbidden = absl::StatusCode::kPermissionDenied;

INSTANTIATE_TEST_SUITE_P(
    Archive, TarRefusedTest,
    testing::Values(RefusedCase{"NoMembers", ReadBytes(Member("readme", "x")), kUnsupported, "tar archive"},
                    RefusedCase{"TensorsMissing", ReadBytes(Member("storages", Storages({})) + Member("pickle", "N.")), kCorrupt,
                                "\"tensors\""},
                    RefusedCase{"MemberTwice", ReadBytes(Member("pickle", "N.") + Member("pickle", "N.", '7')), kCorrupt, "twice"},
                    RefusedCase{"MemberTwiceByItsLongName",
                                ReadBytes(Member("pickle", "N.") + Member("L", "pickle", 'L') + Member("x", "N.")), kCorrupt, "twice"},
                    RefusedCase{"MemberIsALink", ReadBytes(Member("pickle", "", '1')), kUnsupported, "link"},
                    RefusedCase{"MemberInAFolder", ReadBytes(Member("./pickle", "N.")), kUnsupported, "none that torch.save wrote"},
                    RefusedCase{"Checksum", ReadBytes(Damaged(Member("pickle", "N."), 3, 'x')), kCorrupt, "sum up"},
                    RefusedCase{"Size", ReadBytes(Damaged(Member("pickle", "N."), 124, '9')), kCorrupt, "sum up"},
                    RefusedCase{"Cut", ReadBytes(Member("pickle", std::string(600, 'x')).substr(0, 700)), kCorrupt, "600 bytes"},
                    RefusedCase{"HeaderCut", ReadBytes(Member("pickle", "N.").substr(0, 300)), kCorrupt, "512 bytes"},
                    RefusedCase{"HugeMember", ReadBytes(Member("p", "19 size=8589934592\n", 'x')), kUnsupported, "\"size\""}),
    [](const auto& info) { return info.param.what; });

INSTANTIATE_TEST_SUITE_P(
    Objects, TarRefusedTest,
    testing::Values(
        RefusedCase{"CountIsText", Read({.storage_count = Pickle(Text("1"))}), kCorrupt, "number"},
        RefusedCase{"CountNegative", Read({.storage_count = Pickle(Int(-1))}), kCorrupt, "views"},
        RefusedCase{"CountHuge", Read({.storage_count = Pickle(Int(int64_t{1} << 40))}), absl::StatusCode::kResourceExhausted, "1000000"},
        RefusedCase{"StorageOfTwo", Read({.storage = Pickle(Int(1) + Int(2) + "\x86")}), kCorrupt, "storage 0"},
        RefusedCase{"StorageOfNoType", Read({.storage = Pickle(Int(1) + Text("cpu") + "ctorch\nSize\n\x87")}), kCorrupt, "Size"},
        RefusedCase{"StorageOfForbiddenType", Read({.storage = Pickle("cos\nsystem\n")}), kForbidden, "os system"},
        RefusedCase{"NumelNegative", Read({.numel = -1}), kCorrupt, "storage 0"},
        RefusedCase{"NumelHuge", Read({.numel = int64_t{1} << 62}), kCorrupt, "storage 0"},
        RefusedCase{"NumelBeyond", Read({.numel = 400}), kCorrupt, "800 bytes"},
        RefusedCase{"ViewBeyond", Read({.views = View(2, 1, 3, 2)}), kCorrupt, "view of 2 elements at 3"},
        RefusedCase{"ViewOverflow", Read({.views = View(2, 1, 1, int64_t{0x7fffffffffffffff})}), kCorrupt, "exceeds"},
        RefusedCase{"ViewOfNothing", Read({.views = View(2, 7, 0, 1)}), kCorrupt, "number 7"},
        RefusedCase{"NumberTwice", Read({.views = View(1, 1, 0, 1)}), kCorrupt, "twice"},
        RefusedCase{"RankHuge", Read({.rank = 0x7fffffff}), kCorrupt, "2147483647 axes"},
        RefusedCase{"RankNegative", Read({.rank = -1}), kCorrupt, "-1 axes"},
        RefusedCase{"TensorBeyond", Read({.numbers = {2, 2, 1, 2, 1}}), kCorrupt, "tensor 0"},
        RefusedCase{"TensorCut", Read({.numbers = {2, 2}}), kCorrupt, "tensor 0"},
        RefusedCase{"TensorOfNoStorage", Read({.tensor = Pickle("(" + Int(9) + Int(5) + "ctorch\nShortTensor\nt")}), kCorrupt, "number 5"},
        RefusedCase{"UnknownId", Read({.object = Pickle(Text("77") + "Q")}), kCorrupt, "number 77"},
        RefusedCase{"IdIsNoNumber", Read({.object = Pickle(Text("x") + "Q")}), kCorrupt, "\"x\""},
        RefusedCase{"IdIsADict", Read({.object = Pickle("}Q")}), kCorrupt, "persistent id"},
        RefusedCase{"Module", Read({.object = Pickle("(ctorch\nTensor\nNNtQ")}), kForbidden, "whole module"}),
    [](const auto& info) { return info.param.what; });

}  // namespace
}  // namespace weighbridge
