#include "fetch/disk/regular_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(RegularFileTest, NothingElseIsAFileAndNothingBlocks) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/kinds");
  std::filesystem::create_directories(folder + "/folder");
  mkfifo((folder + "/fifo").c_str(), 0600);
  std::ofstream(folder + "/file") << "12345";
  std::filesystem::create_symlink("file", folder + "/link");
  std::filesystem::create_symlink("nowhere", folder + "/dangling");
  for (const std::string& path : {folder + "/folder", folder + "/fifo", std::string("/dev/zero")}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(OpenRegularFile(path, Links::kFollow).status())) << path;
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenRegularFile(folder + "/link", Links::kRefuse).status()));
  EXPECT_TRUE(absl::IsNotFound(OpenRegularFile(folder + "/dangling", Links::kFollow).status()));
  EXPECT_EQ(*ReadSmallFile(folder + "/link", 5), "12345");
  EXPECT_TRUE(absl::IsResourceExhausted(ReadSmallFile(folder + "/link", 4).status()));
}

}  // namespace
}  // namespace weighbridge
