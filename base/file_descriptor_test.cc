#include "base/file_descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

FileDescriptor TemporaryFile() {
  std::string path = testing::TempDir() + "/file_descriptor_test.XXXXXX";
  FileDescriptor file(mkstemp(path.data()));
  unlink(path.c_str());
  return file;
}

bool IsOpen(int number) {
  return fcntl(number, F_GETFD) >= 0;
}

TEST(FileDescriptorTest, ClosesWhatItOwns) {
  int number = -1;
  {
    FileDescriptor first = TemporaryFile();
    number = first.number();
    const FileDescriptor second = std::move(first);
    EXPECT_EQ(second.number(), number);
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(FileDescriptorTest, ClosesWhatItOwnedWhenItIsGivenAnother) {
  FileDescriptor file = TemporaryFile();
  const int number = file.number();
  file = FileDescriptor();
  EXPECT_FALSE(IsOpen(number));
}

TEST(FileDescriptorTest, ReadsWhatWasWrittenAndLessWhereTheFileEnds) {
  const FileDescriptor file = TemporaryFile();
  ASSERT_TRUE(WriteAt(file.number(), "a", 2, "bytes").ok());
  std::string buffer(16, '?');
  EXPECT_EQ(ReadAt(file.number(), "a", 0, absl::MakeSpan(buffer)).value(), 7);
  EXPECT_EQ(buffer.substr(0, 8), std::string("\0\0bytes?", 8));
  EXPECT_EQ(ReadAt(file.number(), "a", 7, absl::MakeSpan(buffer)).value(), 0);
}

TEST(FileDescriptorTest, SaysWhatItDidToWhichFileAndWhyItFailed) {
  std::string buffer(1, '?');
  const absl::Status failure = ReadAt(-1, "a/b", 0, absl::MakeSpan(buffer)).status();
  EXPECT_EQ(failure, absl::FailedPreconditionError("reading a/b: Bad file descriptor"));
  EXPECT_EQ(WriteAt(-1, "a/b", 0, "c").message(), "writing a/b: Bad file descriptor");
}

TEST(SystemErrorTest, HasACodeForEachKindOfFailure) {
  EXPECT_TRUE(absl::IsNotFound(SystemError(ENOENT, "opening", "a")));
  EXPECT_TRUE(absl::IsPermissionDenied(SystemError(EACCES, "opening", "a")));
  EXPECT_TRUE(absl::IsResourceExhausted(SystemError(ENOSPC, "writing", "a")));
  EXPECT_TRUE(absl::IsResourceExhausted(SystemError(EMFILE, "opening", "a")));
  EXPECT_TRUE(absl::IsFailedPrecondition(SystemError(EISDIR, "opening", "a")));
  EXPECT_TRUE(absl::IsResourceExhausted(SystemError(EFBIG, "writing", "a")));
  EXPECT_TRUE(absl::IsUnavailable(SystemError(EIO, "reading", "a")));
}

}  // namespace
}  // namespace weighbridge
