#include "fetch/fetch_folder.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "fetch/address/url.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/fetch_file.h"
#include "fetch/http/http_client.h"
#include "fetch/lock/wanted_weights.h"
#include "fetch/resolve.h"
#include "fetch/session.h"
#include "fetch/testing/fake_http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using How = FetchedFile::How;

std::string Sha256Of(const std::string& bytes) {
  FileHasher hasher(static_cast<int64_t>(bytes.size()), {});
  hasher.Update(bytes);
  return hasher.Finish()->hashes.sha256;
}

// A folder, and servers in memory: "https://x/NAME" is the file NAME of `served`.
class FetchFolderTest : public testing::Test {
 protected:
  FetchFolderTest() {
    std::filesystem::remove_all(folder_);
    options_.hub = *ParseUrl("https://hub.example");
    options_.drive = *ParseUrl("https://drive.example");
    options_.retry_wait = absl::ZeroDuration();
    options_.stop = &stop_;
    options_.on_bytes = [](int64_t) {};
    options_.on_message = [this](const std::string& message) {
      const std::lock_guard lock(mutex_);
      messages_.push_back(message);
    };
  }

  // What came of each file of "https://x/…#sha256=…", by the words of a user.
  absl::StatusOr<std::vector<How>> Fetch(const std::vector<std::string>& uris) {
    const Session session(client_, options_);
    ASSIGN_OR_RETURN(WantedFolder wanted, ReadWanted({.uris = uris, .set = "", .revision = "", .include = {}, .exclude = {}}, folder_,
                                                     folder_ + "/weights.lock"));
    ASSIGN_OR_RETURN(const std::vector<FileTask> tasks, ResolveFolder(wanted, session, /*require_hash=*/false));
    std::vector<How> hows;
    const auto on_file = [&](const FileTask&, const absl::StatusOr<FetchedFile>& file) {
      if (file.ok()) hows.push_back(file->how);
    };
    RETURN_IF_ERROR(FetchFolder(wanted, tasks, session, {.on_begin = [](int64_t) {}, .on_file = on_file}));
    return hows;
  }

  std::string Read(const std::string& name) {
    std::ifstream file(folder_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string folder_ = absl::StrCat(testing::TempDir(), "/folder");
  const std::atomic<bool> stop_ = false;
  std::map<std::string, std::string> served_;
  FakeHttpClient client_{[this](const HttpRequest& request) {
    const auto file = served_.find(request.url.path.substr(1));
    return file == served_.end() ? FakeAnswer{.status = 404} : AnswerWithFile(request, file->second, "\"a\"");
  }};
  SessionOptions options_;
  std::mutex mutex_;  // Guards what follows.
  std::vector<std::string> messages_;
};

TEST_F(FetchFolderTest, AFileIsFetchedLockedAndAfterwardsThere) {
  served_["w.bin"] = "0123456789";
  const auto first = Fetch({"https://x/w.bin"});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(*first, ElementsAre(How::kFetched));
  EXPECT_EQ(Read("w.bin"), "0123456789");
  EXPECT_THAT(Read("weights.lock"), HasSubstr(Sha256Of("0123456789")));
  const size_t sent = client_.requests().size();
  EXPECT_THAT(*Fetch({}), ElementsAre(How::kWasThere));
  EXPECT_EQ(client_.requests().size(), sent);
}

TEST_F(FetchFolderTest, R19WrongBytesAreFetchedOnceMoreAndThenKeptAside) {
  served_["w.bin"] = "wrong";
  const absl::Status status = Fetch({absl::StrCat("https://x/w.bin#sha256=", Sha256Of("right"))}).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(status.message(), HasSubstr(absl::StrCat("expected ", Sha256Of("right"))));
  EXPECT_EQ(Read("w.bin.bad"), "wrong");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/w.bin"));
  EXPECT_THAT(messages_, ElementsAre(HasSubstr("fetching it once more")));
}

TEST_F(FetchFolderTest, OnlyWhatIsDamagedIsFetchedAgain) {
  std::string bytes(kLockChunk + 10, 'x');
  served_["w.bin"] = bytes;
  ASSERT_TRUE(Fetch({"https://x/w.bin"}).ok());
  bytes.back() ^= 1;
  std::ofstream(folder_ + "/w.bin", std::ios::binary) << bytes;
  const absl::Status refused = Fetch({}).status();
  EXPECT_TRUE(absl::IsAlreadyExists(refused));
  EXPECT_THAT(refused.message(), HasSubstr("damaged are bytes 8388608-8388617; --overwrite"));
  options_.overwrite = true;
  const auto mended = Fetch({});
  ASSERT_TRUE(mended.ok()) << mended.status();
  EXPECT_THAT(*mended, ElementsAre(How::kMended));
  EXPECT_EQ(HeaderOf(client_.requests().back(), "Range"), "bytes=8388608-8388617");
  EXPECT_EQ(Read("w.bin"), served_["w.bin"]);
}

TEST_F(FetchFolderTest, R32WhatCannotBeWrittenIsNotTriedAgain) {
  served_["w.bin"] = "0123456789";
  std::filesystem::create_directories(folder_ + "/w.bin.part");
  const absl::Status status = Fetch({"https://x/w.bin"}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("w.bin.part"));
  EXPECT_THAT(messages_, IsEmpty());
}

TEST_F(FetchFolderTest, APageThatStandsInForAFileIsNotPublished) {
  served_["w.bin"] = "<!DOCTYPE html><html>";
  EXPECT_THAT(Fetch({"https://x/w.bin"}).status().message(), HasSubstr("this is an HTML page"));
  served_["v.bin"] = "version https://git-lfs.github.com/spec/v1\n";
  EXPECT_THAT(Fetch({"https://x/v.bin"}).status().message(), HasSubstr("pointer of Git LFS"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/v.bin") || std::filesystem::exists(folder_ + "/v.bin.part"));
}

TEST_F(FetchFolderTest, OfflineNothingIsAskedFor) {
  options_.offline = true;
  EXPECT_TRUE(absl::IsNotFound(Fetch({"https://x/w.bin"}).status()));
  EXPECT_THAT(client_.requests(), IsEmpty());
}

}  // namespace
}  // namespace weighbridge
