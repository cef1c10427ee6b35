#include "fetch/download/download.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/download/download_options.h"
#include "fetch/download/partial_file.h"
#include "fetch/download/rate_limiter.h"
#include "fetch/transport.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr char kSha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// A source in memory that notes what it was asked for.
class MemoryReader : public RemoteReader {
 public:
  explicit MemoryReader(std::string bytes) : bytes_(std::move(bytes)) {}

  absl::Status Read(const Request& request, absl::FunctionRef<absl::Status(const BodyStart&)> on_start,
                    absl::FunctionRef<absl::Status(absl::string_view)> on_bytes) override {
    asked.push_back(request.range);
    if (!failure.ok()) return failure;
    const bool is_range = knows_ranges && !request.whole;
    const size_t begin = is_range ? static_cast<size_t>(request.range.begin) : 0;
    const size_t end = is_range ? static_cast<size_t>(request.range.end) : bytes_.size();
    RETURN_IF_ERROR(on_start({.begin = static_cast<int64_t>(begin), .is_range = is_range, .validator = validator}));
    const size_t cut = std::min(std::exchange(cut_after, bytes_.size()), end - begin);
    RETURN_IF_ERROR(on_bytes(absl::string_view(bytes_).substr(begin, cut)));
    return begin + cut == end ? absl::OkStatus() : absl::UnavailableError("the connection broke");
  }

  std::vector<ByteRange> asked;
  absl::Status failure;
  bool knows_ranges = true;
  std::string validator;
  size_t cut_after = 1000;  // Of the next body.

 private:
  const std::string bytes_;
};

class DownloadTest : public testing::Test {
 protected:
  DownloadTest() {
    options_.limiter = &limiter_;
    options_.all_streams = &streams_;
    options_.stop = &stop_;
    options_.on_bytes = [](int64_t) {};
    options_.on_message = [this](const std::string& message) { messages_.push_back(message); };
    options_.retry.first_wait = absl::ZeroDuration();
    file_.path = "w";
    file_.uri = FileUri("/w");
    file_.size = 100;
  }

  // Downloads with nothing there.
  absl::StatusOr<Downloaded> Start() {
    ASSIGN_OR_RETURN(const std::unique_ptr<PartialFile> partial, PartialFile::Open(absl::StrCat(testing::TempDir(), "/start.part"), 100));
    absl::StatusOr<Downloaded> result = Download(reader_, file_, *partial, options_);
    partial->Discard();
    return result;
  }

  // Half of the file is there, by a journal without a validator; then downloads.
  absl::StatusOr<Downloaded> Resume() {
    const std::string path = absl::StrCat(testing::TempDir(), "/download.part");
    DownloadJournal journal;
    journal.set_uri(file_.uri.ToString());
    journal.set_size(100);
    journal.set_sha256(file_.hashes.sha256);
    journal.add_done()->set_end(50);
    {
      auto partial = PartialFile::Open(path, 100);
      if (!partial.ok() || !(*partial)->WriteAt(0, std::string(50, 'x')).ok() || !(*partial)->Save(journal).ok())
        return absl::InternalError(path);
    }
    auto partial = PartialFile::Open(path, 100);
    absl::StatusOr<Downloaded> result = Download(reader_, file_, **partial, options_);
    (*partial)->Discard();
    return result;
  }

  RateLimiter limiter_{0};
  std::counting_semaphore<> streams_{8};
  std::atomic<bool> stop_ = false;
  DownloadOptions options_;
  RemoteFile file_;
  std::vector<std::string> messages_;
  MemoryReader reader_{std::string(100, 'x')};
};

TEST_F(DownloadTest, R28WithoutValidatorAndHashNothingIsResumed) {
  ASSERT_TRUE(Resume().ok());
  EXPECT_THAT(reader_.asked, ElementsAre(ByteRange{0, 100}));
}

TEST_F(DownloadTest, R28AKnownHashIsEnoughToResume) {
  file_.hashes.sha256 = kSha256;
  ASSERT_TRUE(Resume().ok());
  EXPECT_THAT(reader_.asked, ElementsAre(ByteRange{50, 100}));
}

TEST_F(DownloadTest, R25AFileThatKeepsChangingIsGivenUp) {
  reader_.failure = absl::AbortedError("changed");
  EXPECT_TRUE(absl::IsAborted(Resume().status()));
  EXPECT_EQ(reader_.asked.size(), 4);
}

TEST_F(DownloadTest, R32AFullDiskIsNoReasonToTryAgain) {
  reader_.failure = absl::ResourceExhaustedError("full");
  EXPECT_TRUE(absl::IsResourceExhausted(Resume().status()));
  EXPECT_EQ(reader_.asked.size(), 1);
}

TEST_F(DownloadTest, R12ABodyThatIsCutGoesOnWhereItBroke) {
  reader_.cut_after = 30;
  const absl::StatusOr<Downloaded> downloaded = Start();
  ASSERT_TRUE(downloaded.ok()) << downloaded.status();
  EXPECT_THAT(reader_.asked, ElementsAre(ByteRange{0, 100}, ByteRange{30, 100}));
  EXPECT_EQ(downloaded->received, 100);
}

TEST_F(DownloadTest, R10WithoutRangesABodyThatIsCutStartsOver) {
  reader_.knows_ranges = false;
  reader_.cut_after = 30;
  const absl::StatusOr<Downloaded> downloaded = Start();
  ASSERT_TRUE(downloaded.ok()) << downloaded.status();
  EXPECT_THAT(reader_.asked, ElementsAre(ByteRange{0, 100}, ByteRange{30, 100}, ByteRange{0, 100}));
  EXPECT_THAT(messages_, ElementsAre(HasSubstr("starting over: the server sends the whole file when asked for a range")));
}

TEST_F(DownloadTest, R29LargeFilesComeInSegmentsOnceRangesWork) {
  options_.segment_size = 20;
  options_.streams = 3;
  ASSERT_TRUE(Start().ok());
  EXPECT_THAT(reader_.asked,
              UnorderedElementsAre(ByteRange{0, 20}, ByteRange{20, 40}, ByteRange{40, 60}, ByteRange{60, 80}, ByteRange{80, 100}));
}

TEST_F(DownloadTest, R10LargeFilesComeWholeFromAServerWithoutRanges) {
  options_.segment_size = 20;
  reader_.knows_ranges = false;
  ASSERT_TRUE(Start().ok());
  EXPECT_THAT(reader_.asked, ElementsAre(ByteRange{0, 20}, ByteRange{0, 100}));
}

TEST_F(DownloadTest, R16AServerThatStaysAwayIsAskedFiveTimes) {
  reader_.failure = absl::UnavailableError("down");
  EXPECT_TRUE(absl::IsUnavailable(Start().status()));
  EXPECT_EQ(reader_.asked.size(), 5);
}

}  // namespace
}  // namespace weighbridge
