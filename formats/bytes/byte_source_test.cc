#include "formats/bytes/byte_source.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

std::string WriteFile(const std::string& name, const std::string& bytes) {
  std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string Read(const ByteSource& source, int64_t offset, int64_t size) {
  std::string bytes(size, '?');
  const absl::Status status = source.ReadAt(offset, absl::MakeSpan(bytes));
  EXPECT_TRUE(status.ok()) << status;
  return bytes;
}

absl::StatusCode ReadCode(const ByteSource& source, int64_t offset, int64_t size) {
  std::string bytes(size, '?');
  return source.ReadAt(offset, absl::MakeSpan(bytes)).code();
}

// What every kind of source promises.
void ExpectIs(const ByteSource& source, const std::string& bytes) {
  const auto size = static_cast<int64_t>(bytes.size());
  EXPECT_EQ(source.size(), size);
  for (int64_t begin = 0; begin <= size; ++begin) {
    for (int64_t count = 0; begin + count <= size; ++count) EXPECT_EQ(Read(source, begin, count), bytes.substr(begin, count));
  }
  EXPECT_EQ(ReadCode(source, 0, size + 1), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadCode(source, -1, 1), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadCode(source, size, 1), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadCode(source, INT64_MAX, 1), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(source.CheckUnchanged().ok());
}

TEST(ByteSourceTest, EveryKindGivesItsBytesAndNothingBeyond) {
  const ByteSourcePtr memory = MakeMemorySource("memory", "abcdefgh");
  ExpectIs(*memory, "abcdefgh");
  ExpectIs(**MakeSliceSource("slice", memory, 2, 4), "cdef");
  ExpectIs(**MakeSliceSource("empty slice", memory, 8, 0), "");
  const ByteSourcePtr head = *MakeSliceSource("head", memory, 0, 1);
  const ByteSourcePtr none = *MakeSliceSource("none", memory, 0, 0);
  ExpectIs(**MakeJoinedSource("joined", {none, head, none, memory, none, head}), "aabcdefgha");
  ExpectIs(**MakeJoinedSource("nothing", {}), "");
  ExpectIs(**OpenFile(WriteFile("eight", "abcdefgh")), "abcdefgh");
}

TEST(ByteSourceTest, ErrorsNameTheSource) {
  const ByteSourcePtr source = MakeMemorySource("weights.bin: member data/0", "abc");
  char byte;
  EXPECT_EQ(source->ReadAt(3, absl::MakeSpan(&byte, 1)).message(), "reading weights.bin: member data/0: offset 3 + 1 exceeds 3");
}

TEST(ByteSourceTest, ASliceLiesInsideItsSource) {
  const ByteSourcePtr memory = MakeMemorySource("memory", "abcd");
  EXPECT_EQ(MakeSliceSource("s", memory, 1, 4).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(MakeSliceSource("s", memory, -1, 1).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(MakeSliceSource("s", memory, 1, -1).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(MakeSliceSource("s", memory, INT64_MAX, INT64_MAX).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ByteSourceTest, OnlyRegularFilesAreOpened) {
  EXPECT_EQ(OpenFile(testing::TempDir() + "/not_there").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(OpenFile(testing::TempDir()).status().message(), HasSubstr("a directory"));
  const std::string pipe = testing::TempDir() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(OpenFile(pipe).status().code(), absl::StatusCode::kFailedPrecondition) << "and opening does not wait for a writer";
}

TEST(ByteSourceTest, AChangedFileIsNoticed) {
  const std::string truncated = WriteFile("truncated", "abcdefgh");
  const ByteSourcePtr source = *OpenFile(truncated);
  ASSERT_EQ(truncate(truncated.c_str(), 3), 0);
  EXPECT_EQ(Read(*source, 0, 3), "abc");
  EXPECT_EQ(ReadCode(*source, 0, 8), absl::StatusCode::kDataLoss);
  EXPECT_EQ(source->CheckUnchanged().code(), absl::StatusCode::kAborted);

  const std::string replaced = WriteFile("replaced", "abcd");
  const ByteSourcePtr old = *OpenFile(replaced);
  const ByteSourcePtr slice = *MakeSliceSource("slice", old, 0, 2);
  std::filesystem::rename(WriteFile("new", "efgh"), replaced);
  EXPECT_EQ(Read(*old, 0, 4), "abcd");
  EXPECT_EQ(old->CheckUnchanged().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(slice->CheckUnchanged().code(), absl::StatusCode::kAborted);
  EXPECT_EQ((*MakeJoinedSource("joined", {slice}))->CheckUnchanged().code(), absl::StatusCode::kAborted);
}

// A result that is read back before it is published is named as what still stands in its place.
TEST(ByteSourceTest, AnAdoptedFileHasNoPlaceInWhichItCouldBeReplaced) {
  const std::string path = WriteFile("adopted", "abcd");
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  const ByteSourcePtr source = *AdoptFile(descriptor, WriteFile("another", "efgh"));
  EXPECT_EQ(Read(*source, 0, 4), "abcd");
  EXPECT_TRUE(source->CheckUnchanged().ok()) << source->CheckUnchanged();
  ASSERT_EQ(truncate(path.c_str(), 3), 0);
  EXPECT_EQ(source->CheckUnchanged().code(), absl::StatusCode::kAborted);
}

TEST(ByteSourceTest, MoreFilesThanMayBeOpenAreOpenedWhenTheyAreRead) {
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit few = {.rlim_cur = 64, .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<ByteSourcePtr> files;
  for (int i = 0; i < 300; ++i) {
    absl::StatusOr<ByteSourcePtr> file = OpenFile(WriteFile(absl::StrCat("many", i), absl::StrCat(1000 + i)));
    ASSERT_TRUE(file.ok()) << file.status();
    files.push_back(*std::move(file));
  }
  for (int i = 0; i < 300; ++i) EXPECT_EQ(Read(*files[i], 0, 4), absl::StrCat(1000 + i));
  for (const ByteSourcePtr& file : files) EXPECT_TRUE(file->CheckUnchanged().ok()) << file->CheckUnchanged();
  // The first ones are closed by now: what stands in their place is not them.
  std::filesystem::rename(WriteFile("another", "abcd"), files[0]->name());
  WriteFile("many1", "longer");
  std::filesystem::remove(files[2]->name());
  for (int i = 0; i < 3; ++i) {
    std::string bytes(4, ' ');
    EXPECT_EQ(files[i]->ReadAt(0, absl::MakeSpan(bytes)).code(), absl::StatusCode::kAborted) << i;
  }
  EXPECT_EQ(files[0]->CheckUnchanged().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(files[1]->CheckUnchanged().code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(files[2]->CheckUnchanged().ok());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST(ByteSourceTest, ReadAllHasALimit) {
  const ByteSourcePtr memory = MakeMemorySource("memory", "abcd");
  EXPECT_EQ(*ReadAll(*memory, 4), "abcd");
  EXPECT_EQ(ReadAll(*memory, 3).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace weighbridge
