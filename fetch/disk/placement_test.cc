#include "fetch/disk/placement.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/relative_path.h"
#include "fetch/disk/regular_file.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(PlacementTest, ACopyIsAFileOfItsOwnAndLinksAreNotFollowed) {
  namespace fs = std::filesystem;
  const std::string folder = absl::StrCat(testing::TempDir(), "/copies");
  fs::create_directories(folder);
  const auto write = [](const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; };
  const auto read = [](const std::string& path) { return ReadSmallFile(path, 100).value_or("none"); };
  write(folder + "/a", "cache");
  write(folder + "/victim", "mine");
  fs::create_symlink("victim", folder + "/b");
  const std::atomic<bool> stop = false;
  ASSERT_TRUE(CopyFile(folder + "/a", folder + "/b", stop).ok());
  write(folder + "/b", "edited");
  EXPECT_EQ(read(folder + "/a"), "cache");
  EXPECT_EQ(read(folder + "/victim"), "mine");
  EXPECT_EQ(fs::hard_link_count(folder + "/a"), 1);
  EXPECT_TRUE(absl::IsNotFound(CopyFile(folder + "/none", folder + "/b", stop)));
  const std::atomic<bool> stopped = true;
  EXPECT_TRUE(absl::IsCancelled(CopyFile(folder + "/a", folder + "/b", stopped)) || read(folder + "/b") == "cache");
  // Folders.
  fs::create_directory(folder + "/outside");
  fs::create_directory_symlink("outside", folder + "/link");
  EXPECT_TRUE(absl::IsFailedPrecondition(MakeFoldersOf(folder, *RelativePath::Parse("link/sub/w"))));
  EXPECT_TRUE(absl::IsFailedPrecondition(MakeFoldersOf(folder, *RelativePath::Parse("a/w"))));
  EXPECT_TRUE(MakeFoldersOf(folder, *RelativePath::Parse("x/y/w")).ok());
  EXPECT_TRUE(fs::is_directory(folder + "/x/y"));
  EXPECT_TRUE(fs::is_empty(folder + "/outside"));
}

}  // namespace
}  // namespace weighbridge
