#include "formats/zip/zip_archive.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/read_limits.h"
#include "formats/zip/zip_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<ZipArchive> OpenBytes(std::string bytes) {
  return ZipArchive::Open(MakeMemorySource("test.zip", std::move(bytes)), ReadLimits());
}

absl::StatusOr<std::string> ReadRange(const SourceRange& range) {
  std::string bytes(range.size, '\0');
  if (absl::Status status = range.source->ReadAt(range.offset, absl::MakeSpan(bytes)); !status.ok()) return status;
  return bytes;
}

TEST(ZipArchiveTest, FindsStoredMembersInTheFileItself) {
  const std::string file = BuildZip({{.name = "a/x", .data = "first", .extra = std::string("FB\x03\0zzz", 7)},
                                     {.name = "a/empty", .data = ""},
                                     {.name = "b", .data = "second"}});
  const absl::StatusOr<ZipArchive> archive = OpenBytes(file);
  ASSERT_TRUE(archive.ok()) << archive.status();
  ASSERT_EQ(archive->members().size(), 3);
  EXPECT_EQ(archive->members()[0].name, "a/x");
  EXPECT_EQ(archive->members()[1].name, "a/empty");
  EXPECT_EQ(archive->members()[2].name, "b");
  EXPECT_EQ(archive->members()[0].offset, file.find("first"));
  EXPECT_EQ(archive->members()[2].offset, file.find("second"));
  EXPECT_EQ(archive->members()[2].crc32, Crc32("second"));
  EXPECT_EQ(archive->Data(*archive->Find("b")).source, archive->source());
  EXPECT_EQ(ReadRange(archive->Data(*archive->Find("b"))).value(), "second");
  EXPECT_EQ(ReadRange(archive->Data(*archive->Find("a/empty"))).value(), "");
  EXPECT_EQ(archive->Find("a/"), nullptr);
  EXPECT_EQ(archive->Find("x"), nullptr);
}

TEST(ZipArchiveTest, ReadsArchivesWithAComment) {
  EXPECT_TRUE(OpenBytes(BuildZip({{.name = "a", .data = "x"}}, {.comment = "made by hand"})).ok());
}

TEST(ZipArchiveTest, SaysHowManyBytesFollowTheEndRecord) {
  const absl::StatusOr<ZipArchive> archive = OpenBytes(BuildZip({{.name = "a", .data = "x"}}, {.comment = "hand-made", .after = "abc"}));
  ASSERT_TRUE(archive.ok()) << archive.status();
  EXPECT_EQ(archive->trailing_bytes(), 3);
  EXPECT_EQ(ReadRange(archive->Data(*archive->Find("a"))).value(), "x");
}

TEST(ZipArchiveTest, GivesTheHeadOfAMember) {
  const std::string data(1000, 'x');
  const absl::StatusOr<ZipArchive> archive = OpenBytes(BuildZip({{.name = "stored", .data = data}, Deflated("deflated", data)}));
  ASSERT_TRUE(archive.ok()) << archive.status();
  for (const ZipMember& member : archive->members()) {
    EXPECT_EQ(archive->Head(member, 10).value(), data.substr(0, 10)) << member.name;
    EXPECT_EQ(archive->Head(member, 2000).value(), data) << member.name;
  }
}

TEST(ZipArchiveTest, InflatesADeflatedMemberForManyThreads) {
  std::string data;
  for (int i = 0; i < 12000; ++i) data += static_cast<char>(i * i);
  const absl::StatusOr<ZipArchive> archive =
      OpenBytes(BuildZip({Deflated("x", data), Deflated("y", "other"), {.name = "z", .data = "stored"}}));
  ASSERT_TRUE(archive.ok()) << archive.status();
  const SourceRange x = archive->Data(*archive->Find("x"));
  const SourceRange y = archive->Data(*archive->Find("y"));
  ASSERT_EQ(x.size, data.size());
  std::vector<std::jthread> threads;
  std::vector<int> wrong(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t offset = t; offset + 100 <= x.size; offset += 997) {
        std::string piece(100, '\0');
        wrong[t] += !x.source->ReadAt(offset, absl::MakeSpan(piece)).ok() || piece != data.substr(offset, 100);
        wrong[t] += ReadRange(y).value_or("") != "other";
      }
    });
  }
  threads.clear();
  EXPECT_THAT(wrong, testing::Each(0));
}

TEST(ZipArchiveTest, InflatesAMemberWithoutAChecksum) {
  ZipPart part = Deflated("x", "data");
  part.crc32 = 0;
  const absl::StatusOr<ZipArchive> archive = OpenBytes(BuildZip({part}));
  ASSERT_TRUE(archive.ok()) << archive.status();
  EXPECT_EQ(ReadRange(archive->Data(archive->members()[0])).value(), "data");
}

TEST(ZipArchiveTest, RangesOutliveTheArchive) {
  absl::StatusOr<ZipArchive> archive = OpenBytes(BuildZip({Deflated("x", "data")}));
  ASSERT_TRUE(archive.ok()) << archive.status();
  const SourceRange range = archive->Data(archive->members()[0]);
  archive = absl::UnknownError("gone");
  EXPECT_EQ(ReadRange(range).value(), "data");
}

struct InflateCase {
  std::string what;
  ZipPart part;
  std::string mention;
};

class InflateTest : public testing::TestWithParam<InflateCase> {};

TEST_P(InflateTest, RefusesWhenRead) {
  const absl::StatusOr<ZipArchive> archive = OpenBytes(BuildZip({GetParam().part}));
  ASSERT_TRUE(archive.ok()) << archive.status();
  for (int attempt = 0; attempt < 2; ++attempt) {
    const absl::Status status = ReadRange(archive->Data(archive->members()[0])).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(status.message(), HasSubstr("member \"x\""));
    EXPECT_THAT(status.message(), HasSubstr(GetParam().mention));
  }
}

ZipPart Inflating(std::string stream, uint32_t size) {
  return {.name = "x", .data = std::move(stream), .method = 8, .crc32 = Crc32("12345678"), .size = size};
}

INSTANTIATE_TEST_SUITE_P(Streams, InflateTest,
                         testing::Values(InflateCase{"LongerThanDeclared", Inflating(DeflateStored("12345678"), 4),
                                                     "more than its 4 bytes"},
                                         InflateCase{"ShorterThanDeclared", Inflating(DeflateStored("12345678"), 9), ""},
                                         InflateCase{"CutInHalf", Inflating(DeflateStored("12345678").substr(0, 9), 8), ""},
                                         InflateCase{"NoDeflateStream", Inflating("\xff\xff\xff\xff", 8), ""},
                                         InflateCase{"OtherChecksum", Inflating(DeflateStored("87654321"), 8), "CRC"}),
                         [](const auto& info) { return info.param.what; });

struct OpenCase {
  std::string what;
  std::string file;
  absl::StatusCode code;
  std::string mention;
};

class OpenTest : public testing::TestWithParam<OpenCase> {};

TEST_P(OpenTest, Refuses) {
  const absl::Status status = OpenBytes(GetParam().file).status();
  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(status.message(), HasSubstr("test.zip"));
  EXPECT_THAT(status.message(), HasSubstr(GetParam().mention));
}

ZipPart Control() {
  return {.name = "a/0", .data = "0123456789"};
}
ZipPart Second() {
  return {.name = "a/1", .data = "abcdefghij"};
}

// Two members, the second changed.
std::string WithSecond(void (*change)(ZipPart&)) {
  ZipPart second = Second();
  change(second);
  return BuildZip({Control(), second});
}

std::string WithEnvelope(const ZipEnvelope& envelope) {
  return BuildZip({Control(), Second()}, envelope);
}

constexpr absl::StatusCode kCorrupt = absl::StatusCode::kDataLoss;
constexpr absl::StatusCode kUnsupported = absl::StatusCode::kUnimplemented;

INSTANTIATE_TEST_SUITE_P(
    Members, OpenTest,
    testing::Values(OpenCase{"NameTwice", WithSecond([](ZipPart& p) { p.name = "a/0"; }), kCorrupt, "a/0"},
                    OpenCase{"NameOtherThanLocal", WithSecond([](ZipPart& p) { p.local_name = "a/2"; }), kCorrupt, "a/1"},
                    OpenCase{"MethodOtherThanLocal", WithSecond([](ZipPart& p) { p.local_method = 8; }), kCorrupt, "a/1"},
                    OpenCase{"SizeOtherThanLocal", WithSecond([](ZipPart& p) { p.local_size = 9; }), kCorrupt, "a/1"},
                    OpenCase{"Method12", WithSecond([](ZipPart& p) { p.method = 12; }), kUnsupported, "method 12"},
                    OpenCase{"Encrypted", WithSecond([](ZipPart& p) { p.flags = 1; }), kUnsupported, "encrypted"},
                    OpenCase{"StoredSizeDiffers", WithSecond([](ZipPart& p) { p.size = 11; }), kCorrupt, "a/1"},
                    OpenCase{"StoredSizeBeyondFile", WithSecond([](ZipPart& p) { p.size = p.stored_size = 1000000; }), kCorrupt, "a/1"},
                    OpenCase{"SharedLocalHeader", WithSecond([](ZipPart& p) { p.local_offset = 0; }), kCorrupt, "a/1"},
                    OpenCase{"LocalOffsetBeyondFile", WithSecond([](ZipPart& p) { p.local_offset = 1 << 30; }), kCorrupt, "a/1"},
                    OpenCase{"SizeReachesIntoTheDirectory", WithSecond([](ZipPart& p) { p.size = p.stored_size = 20; }), kCorrupt, ""}),
    [](const auto& info) { return info.param.what; });

// Flags.
constexpr uint16_t kDescribed = 1 << 3;

// The data descriptor of the second member: of sizes in `width` bytes, with a signature or without.
std::string Descriptor(bool signature, int width, uint32_t crc32, uint64_t size) {
  return (signature ? "PK\7\x08" : "") + LittleEndian(crc32, 4) + LittleEndian(size, width) + LittleEndian(size, width);
}

std::string Extra(uint16_t id, const std::string& data) {
  return LittleEndian(id, 2) + LittleEndian(data.size(), 2) + data;
}

std::string UnicodePath(const std::string& name, const std::string& other) {
  return Extra(0x7075, "\x01" + LittleEndian(Crc32(name), 4) + other);
}

INSTANTIATE_TEST_SUITE_P(
    Flags, OpenTest,
    testing::Values(OpenCase{"StronglyEncrypted", WithSecond([](ZipPart& p) { p.flags = 1 << 6; }), kUnsupported, "encrypted"},
                    OpenCase{"Masked", WithSecond([](ZipPart& p) { p.flags = 1 << 13; }), kUnsupported, "encrypted"},
                    OpenCase{"Patch", WithSecond([](ZipPart& p) { p.flags = 1 << 5; }), kUnsupported, "patch"},
                    OpenCase{"Unknown", WithSecond([](ZipPart& p) { p.flags = 1 << 14; }), kUnsupported, "0x4000"},
                    OpenCase{"OtherThanLocal", WithSecond([](ZipPart& p) { p.local_flags = 1 << 11; }), kCorrupt,
                             "flags, 0x0800 and 0x0000"},
                    OpenCase{"Version64", WithSecond([](ZipPart& p) { p.version = 64; }), kUnsupported, "version 64"},
                    OpenCase{"Disk5", WithSecond([](ZipPart& p) { p.disk = 5; }), kUnsupported, "disk 5"},
                    OpenCase{"FolderByAttribute", WithSecond([](ZipPart& p) { p.attributes = 0x10; }), kCorrupt, "folder"},
                    OpenCase{"FolderByName", WithSecond([](ZipPart& p) { p.name = "a/1/"; }), kCorrupt, "folder"}),
    [](const auto& info) { return info.param.what; });

INSTANTIATE_TEST_SUITE_P(
    Names, OpenTest,
    testing::Values(OpenCase{"Empty", WithSecond([](ZipPart& p) { p.name = ""; }), kCorrupt, "empty"},
                    OpenCase{"ZeroByte", WithSecond([](ZipPart& p) { p.name = std::string("a/1\0x", 5); }), kCorrupt, "zero byte"},
                    OpenCase{"Backslash", WithSecond([](ZipPart& p) { p.name = "a\\1"; }), kCorrupt, "backslash"},
                    OpenCase{"FromTheRoot", WithSecond([](ZipPart& p) { p.name = "/a/1"; }), kCorrupt, "begins with a slash"},
                    OpenCase{"Upwards", WithSecond([](ZipPart& p) { p.name = "a/../1"; }), kCorrupt, "upwards"},
                    OpenCase{"OtherInTheDirectorysExtra", WithSecond([](ZipPart& p) { p.directory_extra = UnicodePath("a/1", "a/0"); }),
                             kCorrupt, "0x7075"},
                    OpenCase{"OtherInTheLocalExtra", WithSecond([](ZipPart& p) { p.extra = UnicodePath("a/1", "a/0"); }), kCorrupt,
                             "0x7075"}),
    [](const auto& info) { return info.param.what; });

INSTANTIATE_TEST_SUITE_P(
    Sizes, OpenTest,
    testing::Values(
        OpenCase{"LocalCrc", WithSecond([](ZipPart& p) { p.local_crc32 = 7; }), kCorrupt, "CRC-32"},
        OpenCase{"LocalStoredSize", WithSecond([](ZipPart& p) { p.local_stored_size = 9; }), kCorrupt, "size"},
        OpenCase{"LocalZeroWithoutDescriptor", WithSecond([](ZipPart& p) { p.local_size = 0; }), kCorrupt, "size"},
        OpenCase{"InflatedFromNothing", WithSecond([](ZipPart& p) { p = {.name = "a/1", .data = "", .method = 8, .size = 4}; }), kCorrupt,
                 "inflates 0 bytes"},
        OpenCase{"Zip64Missing", WithSecond([](ZipPart& p) { p.size = ~0u; }), kCorrupt, "zip64"},
        OpenCase{"Zip64Short", WithSecond([](ZipPart& p) {
                   p.size = ~0u;
                   p.directory_extra = Extra(1, "1234");
                 }),
                 kCorrupt, "has 4 bytes"},
        OpenCase{"Zip64NotWanted", WithSecond([](ZipPart& p) { p.directory_extra = Extra(1, LittleEndian(10, 8)); }), kCorrupt,
                 "has 1 numbers, expected 0"},
        OpenCase{"Zip64Twice", WithSecond([](ZipPart& p) { p.directory_extra = Extra(1, "") + Extra(1, ""); }), kCorrupt, "twice"},
        OpenCase{"Zip64OtherThanTheLocalField",
                 WithSecond([](ZipPart& p) { p.extra = Extra(1, LittleEndian(11, 8) + LittleEndian(11, 8)); }), kCorrupt, "says 11"},
        OpenCase{"Zip64OfFiveBytes", WithSecond([](ZipPart& p) { p.extra = Extra(1, "12345"); }), kCorrupt, "has 5 bytes"},
        OpenCase{"Zip64BeginsElsewhere", WithSecond([](ZipPart& p) { p.extra = Extra(1, LittleEndian(7, 8)); }), kCorrupt, "elsewhere"},
        OpenCase{"Zip64OtherThanTheDirectory", WithSecond([](ZipPart& p) {
                   p.local_size = p.local_stored_size = ~0u;
                   p.extra = Extra(1, LittleEndian(11, 8) + LittleEndian(11, 8));
                 }),
                 kCorrupt, "size"},
        OpenCase{"ExtraBeyondItsEnd", WithSecond([](ZipPart& p) { p.extra = std::string("FB\x05\0zzz", 7); }), kCorrupt, "0x4246"},
        OpenCase{"ExtraHasATail", WithSecond([](ZipPart& p) { p.extra = Extra(7, "") + "x"; }), kCorrupt, "follow the extra"},
        OpenCase{"DescriptorMissing", WithSecond([](ZipPart& p) { p.flags = kDescribed; }), kCorrupt, "descriptor"},
        OpenCase{"DescriptorOfAnotherSize", WithSecond([](ZipPart& p) {
                   p.flags = kDescribed;
                   p.descriptor = Descriptor(true, 4, Crc32(p.data), 11);
                 }),
                 kCorrupt, "descriptor disagrees"},
        OpenCase{"DescriptorOfAnotherCrc", WithSecond([](ZipPart& p) {
                   p.flags = kDescribed;
                   p.descriptor = Descriptor(false, 8, 7, 10);
                 }),
                 kCorrupt, "descriptor disagrees"},
        OpenCase{"DescriptorNotAnnounced", WithSecond([](ZipPart& p) { p.descriptor = Descriptor(true, 4, Crc32(p.data), 10); }), kCorrupt,
                 "16 bytes that belong to no member follow"},
        OpenCase{"GapBefore", WithSecond([](ZipPart& p) { p.before = "gap"; }), kCorrupt, "\"a/0\": 3 bytes that belong to no member"}),
    [](const auto& info) { return info.param.what; });

INSTANTIATE_TEST_SUITE_P(
    Directory, OpenTest,
    testing::Values(OpenCase{"AnotherInTheComment", WithEnvelope({.comment = BuildZip({Control()})}), kUnsupported, "one after the other"},
                    OpenCase{"AnotherBehind", WithEnvelope({.after = BuildZip({Second(), Control()})}), kUnsupported,
                             "one after the other"},
                    OpenCase{"AnotherEndRecordInTheComment", WithEnvelope({.comment = BuildZip({}) + "tail"}), kCorrupt, ""},
                    OpenCase{"GapBefore", WithEnvelope({.before_directory = "gap"}), kCorrupt, "3 bytes that belong to no member follow"},
                    OpenCase{"GapBehind", WithEnvelope({.before_end = "gap"}), kCorrupt, "3 bytes stand before"},
                    OpenCase{"CommentCut", WithEnvelope({.comment = "abc", .comment_size = 4}), kCorrupt, ""},
                    OpenCase{"Zip64OtherCount", WithEnvelope({.zip64 = true, .count64 = 1}), kCorrupt, "disagree"},
                    OpenCase{"Zip64Longer", WithEnvelope({.zip64 = true, .size64 = 45}), kCorrupt, "has 45 bytes"},
                    OpenCase{"Zip64Elsewhere", WithEnvelope({.zip64 = true, .end64_offset = 0}), kCorrupt, "the locator says 0"},
                    OpenCase{"Zip64SeveralDisks", WithEnvelope({.zip64 = true, .disks = 2}), kUnsupported, "disks"}),
    [](const auto& info) { return info.param.what; });

TEST(ZipArchiveTest, ReadsWhatAllReadersReadAlike) {
  std::vector<std::pair<std::string, ZipPart>> parts;
  for (const bool signature : {false, true}) {
    for (const int width : {4, 8}) {
      ZipPart part = Second();
      part.flags = kDescribed;
      part.local_crc32 = part.local_size = part.local_stored_size = 0;
      part.descriptor = Descriptor(signature, width, Crc32(part.data), part.data.size());
      parts.emplace_back(absl::StrCat("a descriptor of ", part.descriptor.size(), " bytes"), part);
    }
  }
  const std::string sizes = LittleEndian(10, 8) + LittleEndian(10, 8);
  const auto add = [&](const char* what, auto change) { change(parts.emplace_back(what, Second()).second); };
  add("zip64 sizes in both", [&](ZipPart& p) {
    p.size = p.stored_size = ~0u;
    p.extra = p.directory_extra = Extra(1, sizes);
  });
  add("zip64 sizes in the local header alone, as numpy writes them", [&](ZipPart& p) {
    p.local_size = p.local_stored_size = ~0u;
    p.extra = Extra(1, sizes);
  });
  add("zip64 sizes where the local header has none, and its offset, as torch writes them", [&](ZipPart& p) {
    p.flags = kDescribed;
    p.local_size = p.local_stored_size = 0;
    p.extra = Extra(1, LittleEndian(10, 8) + LittleEndian(0, 8) + LittleEndian(75, 8));
    p.descriptor = Descriptor(true, 8, Crc32(p.data), 10);
  });
  add("zip64 sizes beside the others", [&](ZipPart& p) { p.extra = Extra(1, sizes); });
  add("padding behind the extra fields, as zipalign leaves it", [](ZipPart& p) { p.extra = std::string(7, '\0'); });
  add("the same name in UTF-8", [](ZipPart& p) { p.directory_extra = UnicodePath("a/1", "a/1"); });
  add("a comment", [](ZipPart& p) { p.comment = "why"; });
  add("unknown extra fields", [](ZipPart& p) { p.directory_extra = Extra(0x5455, "12345"); });
  for (const auto& [what, part] : parts) {
    const absl::StatusOr<ZipArchive> archive = OpenBytes(BuildZip({Control(), {.name = "a/", .attributes = 0x10}, part}, {.zip64 = true}));
    ASSERT_TRUE(archive.ok()) << what << ": " << archive.status();
    EXPECT_EQ(ReadRange(archive->Data(archive->members()[2])).value(), "abcdefghij") << what;
  }
}

// torch and libzip take it for none, since no whole record is left.
TEST(ZipArchiveTest, ReadsACommentThatSpeaksOfEndRecords) {
  EXPECT_TRUE(OpenBytes(WithEnvelope({.comment = "holds PK\5\6 inside"})).ok());
}

TEST(ZipArchiveTest, ReadsMembersInAnyOrder) {
  std::string file = BuildZip({Control(), Second()});
  const size_t first = file.find("PK\1\2");
  const size_t second = file.find("PK\1\2", first + 1);
  const size_t end = file.find("PK\5\6");
  file = file.substr(0, first) + file.substr(second, end - second) + file.substr(first, second - first) + file.substr(end);
  const absl::StatusOr<ZipArchive> archive = OpenBytes(file);
  ASSERT_TRUE(archive.ok()) << archive.status();
  EXPECT_EQ(archive->members()[0].name, "a/1");
  EXPECT_EQ(ReadRange(archive->Data(archive->members()[0])).value(), "abcdefghij");
}

TEST(ZipArchiveTest, SaysWhichNamesAreUtf8) {
  const absl::StatusOr<ZipArchive> archive = OpenBytes(BuildZip({{.name = "\xc3\xa9"}, {.name = "\xc3\xa8", .flags = 1 << 11}}));
  ASSERT_TRUE(archive.ok()) << archive.status();
  EXPECT_FALSE(archive->members()[0].name_is_utf8);
  EXPECT_TRUE(archive->members()[1].name_is_utf8);
}

INSTANTIATE_TEST_SUITE_P(Envelope, OpenTest,
                         testing::Values(OpenCase{"Empty", "", kCorrupt, ""}, OpenCase{"NoZip", std::string(100, 'x'), kCorrupt, ""},
                                         OpenCase{"BytesBefore", WithEnvelope({.before = std::string(16, 'j')}), kCorrupt,
                                                  "before the first member"},
                                         OpenCase{"ALocalHeaderBefore", WithEnvelope({.before = BuildZip({Control()}).substr(0, 43)}),
                                                  kCorrupt, "before the first member"},
                                         OpenCase{"ManyBytesAfter", WithEnvelope({.after = std::string(70000, 'a')}), kCorrupt, ""},
                                         OpenCase{"CountTooHigh", WithEnvelope({.count = 3}), kCorrupt, ""},
                                         OpenCase{"CountTooLow", WithEnvelope({.count = 1}), kCorrupt, ""},
                                         OpenCase{"DirectoryBeyondFile", WithEnvelope({.directory_offset = 1000000}), kCorrupt, ""},
                                         OpenCase{"SecondDisk", WithEnvelope({.disk = 1}), kUnsupported, ""},
                                         OpenCase{"CutInTheDirectory", WithEnvelope({}).substr(0, 120), kCorrupt, ""}),
                         [](const auto& info) { return info.param.what; });

// Counts what is read of it.
class CountingSource final : public ByteSource {
 public:
  explicit CountingSource(std::string bytes) : ByteSource("test.zip", static_cast<int64_t>(bytes.size())), bytes_(std::move(bytes)) {}

  int64_t reads() const { return reads_; }
  int64_t bytes_read() const { return bytes_read_; }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    ++reads_;
    bytes_read_ += static_cast<int64_t>(buffer.size());
    std::copy_n(bytes_.begin() + offset, buffer.size(), buffer.begin());
    return absl::OkStatus();
  }

  std::string bytes_;
  mutable int64_t reads_ = 0;
  mutable int64_t bytes_read_ = 0;
};

// The densest archive: nothing but headers.
TEST(ZipArchiveTest, ReadsEachByteOfADenseArchiveAboutOnce) {
  for (const int count : {4000, 8000}) {
    std::vector<ZipPart> parts;
    for (int i = 0; i < count; ++i) parts.push_back({.name = absl::StrCat(i)});
    const auto source = std::make_shared<CountingSource>(BuildZip(parts));
    const absl::StatusOr<ZipArchive> archive = ZipArchive::Open(source, ReadLimits());
    ASSERT_TRUE(archive.ok()) << archive.status();
    EXPECT_EQ(archive->members().size(), count);
    EXPECT_LT(source->bytes_read(), source->size() * 3 / 2 + 100'000);
    EXPECT_LT(source->reads(), source->size() / 20'000 + 10);
  }
}

// Between large members a header is one small read.
TEST(ZipArchiveTest, ReadsLittleBetweenLargeMembers) {
  constexpr int kCount = 20;
  std::vector<ZipPart> parts;
  for (int i = 0; i < kCount; ++i) parts.push_back({.name = absl::StrCat(i), .data = std::string(100'000, 'x')});
  const auto source = std::make_shared<CountingSource>(BuildZip(parts));
  ASSERT_TRUE(ZipArchive::Open(source, ReadLimits()).ok());
  EXPECT_LT(source->bytes_read(), kCount * 4200 + 100'000);
}

TEST(ZipArchiveTest, LimitsTheNumberOfMembers) {
  const absl::Status status = ZipArchive::Open(MakeMemorySource("test.zip", WithEnvelope({})), {.zip_members = 1}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
}

TEST(CheckCrc32Test, SaysBothValues) {
  const std::string bytes(3 << 20, 'x');
  const SourceRange range = {.source = MakeMemorySource("test", bytes), .offset = 0, .size = static_cast<int64_t>(bytes.size())};
  EXPECT_TRUE(CheckCrc32(range, Crc32(bytes)).ok());
  const absl::Status status = CheckCrc32({.source = MakeMemorySource("test", "123456789"), .offset = 0, .size = 9}, 7);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("cbf43926"));
  EXPECT_THAT(status.message(), HasSubstr("00000007"));
}

}  // namespace
}  // namespace weighbridge
