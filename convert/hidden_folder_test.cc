#include "convert/hidden_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "convert/convert_testing.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;
using Made = absl::StatusOr<std::unique_ptr<HiddenFolder>>;

std::set<std::string> NamesIn(const std::string& folder) {
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

// Runs `work` in a process of its own, which ends without destructors.
void RunAndDie(absl::FunctionRef<void()> work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

void MakeWithAFile(const std::string& place, Made& made) {
  made = HiddenFolder::Create(place);
  if (made.ok()) std::ofstream((*made)->path() / "file") << "bytes";
}

TEST(HiddenFolderTest, IsNamedAfterItsPlaceAndGoesWithItsOwner) {
  const TemporaryFolder folder;
  {
    Made made;
    MakeWithAFile(folder.PathOf("out"), made);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_TRUE(absl::StartsWith((*made)->path().filename().string(), ".out.weighbridge-"));
    EXPECT_EQ(NamesIn(folder.PathOf("")).size(), 1);
  }
  EXPECT_TRUE(NamesIn(folder.PathOf("")).empty());
  EXPECT_TRUE(absl::IsNotFound(HiddenFolder::Create(folder.PathOf("missing/out")).status()));
}

TEST(HiddenFolderTest, OnlyWhatTheDeadHaveLeftAtThatPlaceIsRemoved) {
  const TemporaryFolder folder;
  Made living;
  MakeWithAFile(folder.PathOf("out"), living);
  RunAndDie([&] {
    Made one, two;
    MakeWithAFile(folder.PathOf("out"), one);
    MakeWithAFile(folder.PathOf("out2"), two);
    _exit(0);
  });
  // Not of such a name.
  for (const char* name : {".out.weighbridge", ".out.weighbridge-abc", ".out.weighbridge-abcdefg"})
    folder.Write(std::string(name) + "/f", "");
  EXPECT_EQ(NamesIn(folder.PathOf("")).size(), 6);
  HiddenFolder::RemoveAbandoned(folder.PathOf("out"));
  EXPECT_EQ(NamesIn(folder.PathOf("")).size(), 5);
  EXPECT_TRUE(fs::exists((*living)->path() / "file"));
  HiddenFolder::RemoveAbandoned(folder.PathOf("out2"));
  EXPECT_EQ(NamesIn(folder.PathOf("")).size(), 4);
}

TEST(HiddenFolderTest, AProgramThatEndsAtOnceRemovesItsOwn) {
  const TemporaryFolder folder;
  RunAndDie([&] {
    Made one, two;
    MakeWithAFile(folder.PathOf("a"), one);
    MakeWithAFile(folder.PathOf("b"), two);
    HiddenFolder::RemoveAll();
    _exit(0);
  });
  EXPECT_TRUE(NamesIn(folder.PathOf("")).empty());
}

}  // namespace
}  // namespace weighbridge
