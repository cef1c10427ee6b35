#include "convert/output_folder.h"

#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "convert/convert_testing.h"
#include "formats/bytes/output_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;
using Files = std::map<std::string, std::string>;

// Publishes `files` in this order and removes `obsolete`.
absl::Status PublishAll(const std::string& folder, const std::vector<std::pair<std::string, std::string>>& files, bool overwrite,
                        const std::vector<std::string>& obsolete = {}) {
  OutputFolder output(folder, overwrite);
  RETURN_IF_ERROR(output.Prepare(files.size()));
  std::vector<std::unique_ptr<OutputFile>> made;
  std::vector<OutputFile*> all;
  for (const auto& [name, bytes] : files) {
    ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> file, output.Create(name, static_cast<int64_t>(bytes.size())));
    RETURN_IF_ERROR(file->WriteAt(0, bytes));
    all.push_back(file.get());
    made.push_back(std::move(file));
  }
  return output.Publish(all, [&]() -> absl::StatusOr<std::vector<std::string>> { return obsolete; });
}

// Runs `work` in a process of its own that is killed when it begins its call number `call` of the system, counted from 0. False when it
// ended before.
bool IsKilledAt(int call, absl::FunctionRef<void()> work) {
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    work();
    _exit(0);
  }
  int state = 0;
  waitpid(child, &state, 0);
  // It stops where a call begins and where it ends.
  for (int stop = 0; stop <= 2 * call && WIFSTOPPED(state); ++stop) {
    ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    waitpid(child, &state, 0);
  }
  if (!WIFSTOPPED(state)) {
    EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0) << state;
    return false;
  }
  kill(child, SIGKILL);
  waitpid(child, &state, 0);
  return true;
}

bool CanTrace() {
  const pid_t child = fork();
  if (child == 0) _exit(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : 1);
  int state = 0;
  waitpid(child, &state, 0);
  return WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

// What a user sees in a folder, where what waits and what was put aside is hidden.
Files Visible(Files files) {
  std::erase_if(files, [](const auto& file) { return file.first[0] == '.' || absl::StrContains(file.first, "/."); });
  return files;
}

const std::vector<std::pair<std::string, std::string>> kNew = {{"manifest", "new manifest"}, {"model", "new model"}};
const Files kNewFiles(kNew.begin(), kNew.end());

TEST(OutputFolderTest, ANewFolderAppearsWithAllFilesWhereTheOnesAboveAreMissingToo) {
  const TemporaryFolder folder;
  ASSERT_TRUE(PublishAll(folder.PathOf("a/b/out"), kNew, false).ok());
  EXPECT_EQ(FilesBelow(folder.PathOf("a/b/out")), kNewFiles);
  EXPECT_EQ(FilesBelow(folder.PathOf("")).size(), 2);
}

TEST(OutputFolderTest, WhatStandsThereIsReplacedOnlyByOverwrite) {
  const TemporaryFolder folder;
  folder.Write("out/model", "old model");
  folder.Write("out/mine", "mine");
  const Files before = FilesBelow(folder.PathOf(""));
  EXPECT_TRUE(absl::IsAlreadyExists(OutputFolder(folder.PathOf("out"), false).CheckTargets({"model"})));
  EXPECT_TRUE(absl::IsAlreadyExists(PublishAll(folder.PathOf("out"), kNew, false)));
  EXPECT_EQ(FilesBelow(folder.PathOf("")), before);
  ASSERT_TRUE(PublishAll(folder.PathOf("out"), kNew, true).ok());
  Files expected = kNewFiles;
  expected["mine"] = "mine";
  EXPECT_EQ(FilesBelow(folder.PathOf("out")), expected);
}

TEST(OutputFolderTest, WhereOneFileCannotGetItsNameNoneDoesAndTheOldOnesStay) {
  const TemporaryFolder folder;
  folder.Write("out/other", "old");
  OutputFolder output(folder.PathOf("out"), /*overwrite=*/false);
  ASSERT_TRUE(output.Prepare(2).ok());
  const auto manifest = output.Create("manifest", 0);
  const auto model = output.Create("model", 0);
  ASSERT_TRUE(manifest.ok() && model.ok());
  const auto publish = [&](absl::Status why_not) {
    return output.Publish({manifest->get(), model->get()}, [&]() -> absl::StatusOr<std::vector<std::string>> {
      if (!why_not.ok()) return why_not;
      return std::vector<std::string>{"other"};
    });
  };
  const Files before = FilesBelow(folder.PathOf("out"));
  EXPECT_TRUE(absl::IsUnavailable(publish(absl::UnavailableError("not now"))));
  EXPECT_EQ(FilesBelow(folder.PathOf("out")), before);
  folder.Write("out/model", "another's");
  EXPECT_TRUE(absl::IsAlreadyExists(publish(absl::OkStatus())));
  EXPECT_EQ(FilesBelow(folder.PathOf("out")), (Files{{"other", "old"}, {"model", "another's"}}));
}

TEST(OutputFolderTest, AFolderThatCannotBeMadeIsRefusedBeforeTheWork) {
  const TemporaryFolder folder;
  folder.Write("file", "mine");
  EXPECT_THAT(OutputFolder(folder.PathOf("file"), true).CheckTargets({"model"}).message(), HasSubstr("else than a folder"));
  EXPECT_TRUE(absl::IsFailedPrecondition(OutputFolder(folder.PathOf("file/out"), true).CheckTargets({"model"})));
}

// Kills publication at each of its calls of the system, over what `prepare` makes of a new folder, and has `expect` look at what is left.
// Afterwards a run that nobody kills succeeds, and leaves nothing but its result.
class KilledPublicationTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!CanTrace()) GTEST_SKIP() << "the system lets no program trace its child";
  }

  static void KillAtEachCall(absl::FunctionRef<void(const TemporaryFolder&)> prepare, absl::FunctionRef<void(const std::string&)> publish,
                             absl::FunctionRef<void(const Files&)> expect) {
    int call = 0;
    for (bool is_killed = true; is_killed; ++call) {
      const TemporaryFolder folder;
      prepare(folder);
      const std::string out = folder.PathOf("above/out");
      is_killed = IsKilledAt(call, [&] { publish(out); });
      SCOPED_TRACE(absl::StrCat("killed at call ", call));
      expect(FilesBelow(out));
      publish(out);
      EXPECT_EQ(FilesBelow(folder.PathOf("")), (Files{{"above/out/manifest", "new manifest"}, {"above/out/model", "new model"}}));
      if (HasFailure()) return;
    }
    EXPECT_GT(call, 30);
  }

  static void ExpectAllOrNothing(const Files& files) {
    if (!files.empty()) {
      EXPECT_EQ(files, kNewFiles);
    }
  }
};

TEST_F(KilledPublicationTest, ANewFolderIsThereWithAllFilesOrNotAtAll) {
  KillAtEachCall([](const TemporaryFolder&) {}, [](const std::string& out) { PublishAll(out, kNew, /*overwrite=*/true).IgnoreError(); },
                 ExpectAllOrNothing);
}

TEST_F(KilledPublicationTest, SoIsOneWhoseFilesAreTooManyToWaitOpen) {
  KillAtEachCall([](const TemporaryFolder&) {},
                 [](const std::string& out) {
                   rlimit limit;
                   getrlimit(RLIMIT_NOFILE, &limit);
                   const rlim_t before = limit.rlim_cur;
                   limit.rlim_cur = 15;  // One file may wait open.
                   setrlimit(RLIMIT_NOFILE, &limit);
                   PublishAll(out, kNew, /*overwrite=*/true).IgnoreError();
                   limit.rlim_cur = before;
                   setrlimit(RLIMIT_NOFILE, &limit);
                 },
                 ExpectAllOrNothing);
}

TEST_F(KilledPublicationTest, OldAndNewFilesNeverStandSideBySideAndNoneIsLost) {
  const Files old = {{"manifest", "old manifest"}, {"model", "old model"}, {"other", "old other model"}};
  KillAtEachCall(
      [&](const TemporaryFolder& folder) {
        for (const auto& [name, bytes] : old) folder.Write("above/out/" + name, bytes);
      },
      [](const std::string& out) { PublishAll(out, kNew, /*overwrite=*/true, {"other"}).IgnoreError(); },
      [&](const Files& files) {
        const Files visible = Visible(files);
        const auto is_old = [&](const auto& file) { return absl::StartsWith(file.second, "old"); };
        const bool is_any_old = std::any_of(visible.begin(), visible.end(), is_old);
        const bool is_any_new = !std::all_of(visible.begin(), visible.end(), is_old);
        EXPECT_FALSE(is_any_old && is_any_new);
        // Until the new ones are complete, each old one has its name or lies aside.
        if (visible == kNewFiles) return;
        for (const auto& [name, bytes] : old) {
          const auto aside = files.find(absl::StrCat(".", name, ".weighbridge-previous"));
          EXPECT_TRUE(visible.contains(name) || (aside != files.end() && aside->second == bytes)) << name;
        }
      });
}

}  // namespace
}  // namespace weighbridge
