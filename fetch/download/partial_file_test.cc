#include "fetch/download/partial_file.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "fetch/disk/regular_file.h"
#include "gtest/gtest.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

TEST(PartialFileTest, R24AJournalCountsOnlyIfItGoesWithTheFile) {
  const std::string path = absl::StrCat(testing::TempDir(), "/w.part");
  DownloadJournal journal;
  journal.set_uri("https://x/w");
  journal.set_size(100);
  const auto range = [&](int64_t begin, int64_t end) {
    DownloadJournal::Range& done = *journal.add_done();
    done.set_begin(begin);
    done.set_end(end);
  };
  range(10, 20);
  const auto reopened = [&](int64_t size) {
    absl::StatusOr<std::unique_ptr<PartialFile>> file = PartialFile::Open(path, size);
    EXPECT_TRUE(file.ok()) << file.status();
    return (*file)->journal().done_size();
  };
  ASSERT_TRUE((*PartialFile::Open(path, 100))->Save(journal).ok());
  EXPECT_EQ(reopened(100), 1);
  range(15, 30);  // Overlaps.
  ASSERT_TRUE((*PartialFile::Open(path, 100))->Save(journal).ok());
  EXPECT_EQ(reopened(100), 0);
  journal.mutable_done()->RemoveLast();
  range(90, 101);  // Ends behind the file.
  ASSERT_TRUE((*PartialFile::Open(path, 100))->Save(journal).ok());
  EXPECT_EQ(reopened(100), 0);
  journal.mutable_done()->RemoveLast();
  ASSERT_TRUE((*PartialFile::Open(path, 100))->Save(journal).ok());
  EXPECT_EQ(reopened(99), 0);
  (*PartialFile::Open(path, 99))->Discard();
}

TEST(PartialFileTest, WhatIsPutAsideReplacesNothing) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/aside");
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/part") << "wrong";
  std::ofstream(folder + "/bad") << "mine";
  EXPECT_TRUE(absl::IsAlreadyExists(RenameAside(folder + "/part", folder + "/bad")));
  EXPECT_EQ(*ReadSmallFile(folder + "/bad", 100), "mine");
  EXPECT_TRUE(RenameAside(folder + "/part", folder + "/other").ok());
  EXPECT_EQ(*ReadSmallFile(folder + "/other", 100), "wrong");
}

}  // namespace
}  // namespace weighbridge
