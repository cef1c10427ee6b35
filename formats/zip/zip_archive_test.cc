#include "formats/zip/zip_archive.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
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

TEST(ZipArchiveTest, OpensThousandsOfMembersAtOnce) {
  std::vector<ZipPart> parts;
  for (int i = 0; i < 5000; ++i) parts.push_back({.name = absl::StrCat("archive/data/", i), .data = "0123456789abcdef"});
  const std::string file = BuildZip(parts);
  const auto start = std::chrono::steady_clock::now();
  const absl::StatusOr<ZipArchive> archive = OpenBytes(file);
  ASSERT_TRUE(archive.ok()) << archive.status();
  EXPECT_EQ(archive->members().size(), 5000);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
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
