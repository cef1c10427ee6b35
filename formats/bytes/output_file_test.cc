#include "formats/bytes/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

class OutputFileTest : public testing::Test {
 protected:
  OutputFileTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = testing::TempDir() + "/" + test->name();
    std::filesystem::create_directories(folder_);
    path_ = folder_ + "/result";
  }

  static std::string Contents(const std::string& path) {
    std::ostringstream contents;
    contents << std::ifstream(path, std::ios::binary).rdbuf();
    return contents.str();
  }
  int FilesInFolder() const {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++count;
    return count;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(OutputFileTest, GetsItsNameOnlyAtCommit) {
  auto file = OutputFile::Create(path_, 6, /*overwrite=*/false);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->WriteAt(3, "def").ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE((*file)->WriteAt(0, "abc").ok());
  const auto written = (*file)->OpenForReading();
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(*ReadAll(**written, 100), "abcdef");
  EXPECT_EQ((*written)->name(), path_);
  ASSERT_TRUE((*file)->Commit().ok());
  EXPECT_EQ(Contents(path_), "abcdef");
  file->reset();
  EXPECT_EQ(FilesInFolder(), 1);
  EXPECT_TRUE((*written)->CheckUnchanged().ok()) << (*written)->CheckUnchanged();
}

TEST_F(OutputFileTest, LongWritesFromAnyOffset) {
  std::string bytes;
  for (int k = 0; k < 200'000; ++k) bytes.push_back(static_cast<char>(k / 7 % 251));
  auto file = OutputFile::Create(path_, 200'000, /*overwrite=*/false);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->WriteAt(40'001, absl::string_view(bytes).substr(40'001)).ok());
  ASSERT_TRUE((*file)->WriteAt(0, absl::string_view(bytes).substr(0, 40'001)).ok());
  ASSERT_TRUE((*file)->Commit().ok());
  EXPECT_TRUE(Contents(path_) == bytes);
}

TEST_F(OutputFileTest, WithoutCommitNothingRemains) {
  std::ofstream(path_) << "before";
  {
    auto file = OutputFile::Create(path_, 6, /*overwrite=*/true);
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->WriteAt(0, "abcdef").ok());
  }
  EXPECT_EQ(Contents(path_), "before");
  EXPECT_EQ(FilesInFolder(), 1);
}

TEST_F(OutputFileTest, ReplacesOnlyWhenTold) {
  std::ofstream(path_) << "before";
  const absl::Status refused = OutputFile::Create(path_, 1, /*overwrite=*/false).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(refused.message(), HasSubstr(path_));
  auto file = OutputFile::Create(path_, 5, /*overwrite=*/true);
  ASSERT_TRUE((*file)->WriteAt(0, "after").ok());
  ASSERT_TRUE((*file)->Commit().ok());
  EXPECT_EQ(Contents(path_), "after");
  EXPECT_EQ(FilesInFolder(), 1);
}

TEST_F(OutputFileTest, DoesNotReplaceWhatAppearedMeanwhile) {
  auto file = OutputFile::Create(path_, 1, /*overwrite=*/false);
  std::ofstream(path_) << "meanwhile";
  EXPECT_EQ((*file)->Commit().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Contents(path_), "meanwhile");
}

TEST_F(OutputFileTest, ItsFolderMayComeLater) {
  auto file = OutputFile::Create(folder_ + "/later/below/result", 3, /*overwrite=*/false);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->WriteAt(0, "abc").ok());
  EXPECT_EQ(FilesInFolder(), 0);
  EXPECT_EQ((*file)->Commit().code(), absl::StatusCode::kNotFound);
  std::filesystem::create_directories(folder_ + "/elsewhere");
  ASSERT_TRUE((*file)->CommitIn(folder_ + "/elsewhere").ok());
  EXPECT_EQ(Contents(folder_ + "/elsewhere/result"), "abc");
  EXPECT_EQ(FilesInFolder(), 1);
}

TEST_F(OutputFileTest, RefusesWhatCannotBeWritten) {
  EXPECT_EQ(OutputFile::Create(folder_, 1, true).status().code(), absl::StatusCode::kFailedPrecondition);
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_EQ(OutputFile::Create(folder_ + "/file/result", 1, false).status().code(), absl::StatusCode::kFailedPrecondition);
  std::filesystem::create_symlink("/dev/null", folder_ + "/link");
  EXPECT_EQ(OutputFile::Create(folder_ + "/link", 1, true).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(OutputFileTest, AFullDiskIsNoticedBeforeAnythingIsWritten) {
  const absl::Status status = OutputFile::Create(path_, INT64_MAX / 2, /*overwrite=*/false).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(FilesInFolder(), 0);
}

TEST_F(OutputFileTest, MoreFilesThanMayBeOpenWaitInAFolder) {
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit few = {.rlim_cur = 64, .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  std::filesystem::create_directories(folder_ + "/waiting");
  std::vector<std::unique_ptr<OutputFile>> files;
  for (int i = 0; i < 300; ++i) {
    auto file = OutputFile::CreateIn(folder_ + "/waiting", absl::StrCat(path_, i), 4, /*overwrite=*/false);
    ASSERT_TRUE(file.ok()) << file.status();
    files.push_back(*std::move(file));
  }
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(files[i]->WriteAt(0, absl::StrCat(1000 + i)).ok());
  for (int i = 0; i < 300; ++i) {
    const auto written = files[i]->OpenForReading();
    ASSERT_TRUE(written.ok()) << written.status();
    EXPECT_EQ((*written)->name(), absl::StrCat(path_, i));
    EXPECT_EQ(*ReadAll(**written, 100), absl::StrCat(1000 + i));
    if (i == 0) continue;
    ASSERT_TRUE(files[i]->Commit().ok());
  }
  files.clear();
  EXPECT_EQ(Contents(path_ + "299"), "1299");
  EXPECT_FALSE(std::filesystem::exists(path_ + "0"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ + "/waiting"));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST_F(OutputFileTest, WhatAKilledProcessLeftIsRemovedAndWhatALivingOneHoldsIsNot) {
  const std::string dead = folder_ + "/.result.4711.0.partial";
  const std::string living = folder_ + "/.result.4712.0.partial";
  const std::string others = folder_ + "/.result.mine.partial";
  for (const std::string& path : {dead, living, others}) std::ofstream(path) << "x";
  const int held = open(living.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(held, LOCK_EX), 0);
  OutputFile::RemoveAbandoned(folder_);
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(living));
  EXPECT_TRUE(std::filesystem::exists(others));
  close(held);
  OutputFile::RemoveAbandoned(folder_);
  EXPECT_FALSE(std::filesystem::exists(living));
}

TEST_F(OutputFileTest, WritesStayInside) {
  auto file = OutputFile::Create(path_, 4, /*overwrite=*/false);
  EXPECT_EQ((*file)->WriteAt(2, "abc").code(), absl::StatusCode::kInternal);
  EXPECT_EQ((*file)->WriteAt(-1, "a").code(), absl::StatusCode::kInternal);
  EXPECT_TRUE((*file)->WriteAt(4, "").ok());
}

}  // namespace
}  // namespace weighbridge
