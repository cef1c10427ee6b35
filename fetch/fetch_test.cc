#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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
#include "fetch/damage.h"
#include "fetch/download/download.h"
#include "fetch/download/download_options.h"
#include "fetch/download/partial_file.h"
#include "fetch/download/rate_limiter.h"
#include "fetch/download/segment_map.h"
#include "fetch/drive/drive_page.h"
#include "fetch/file_hasher.h"
#include "fetch/http/http_client.h"
#include "fetch/http/http_reader.h"
#include "fetch/http/plain_transport.h"
#include "fetch/hub/hub_listing.h"
#include "fetch/retry.h"
#include "fetch/sets/embedded_sets.h"
#include "fetch/sets/sets.h"
#include "fetch/transport.h"
#include "fetch/uri.h"
#include "fetch/url.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kCommit[] = "0123456789abcdef0123456789abcdef01234567";
constexpr char kSha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(UriTest, AddressesHaveOneSpelling) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"hf://org/model", "hf://org/model"},
      {"hf://org/model@refs%2Fpr%2F1/sub/a b.bin", "hf://org/model@refs%2Fpr%2F1/sub/a%20b.bin"},
      {"https://huggingface.co/org/model", "hf://org/model"},
      {"https://hf.co/org/model/resolve/main/sub/w.bin", "hf://org/model@main/sub/w.bin"},
      {"https://huggingface.co/org/model/blob/main/w.bin", "hf://org/model@main/w.bin"},
      {"gdrive://1RY9-_x", "gdrive://1RY9-_x"},
      {"https://drive.google.com/file/d/1RY9/view?usp=sharing", "gdrive://1RY9"},
      {"https://drive.google.com/file/u/0/d/1RY9", "gdrive://1RY9"},
      {"https://drive.google.com/uc?export=download&id=1RY9", "gdrive://1RY9"},
      {"https://drive.usercontent.google.com/download?id=1RY9", "gdrive://1RY9"},
      {"hf://gpt2", "hf://gpt2"},
      {"hf://gpt2@main", "hf://gpt2@main"},
      {"hf://gpt2@main/sub/config.json", "hf://gpt2@main/sub/config.json"},
      {"https://huggingface.co/gpt2", "hf://gpt2"},
      {"https://huggingface.co/gpt2/resolve/main/config.json?download=true", "hf://gpt2@main/config.json"},
      {"https://huggingface.co/gpt2/tree/main", "hf://gpt2@main"},
      {"https://huggingface.co/org/model/tree/main/sub", "hf://org/model@main/sub"},
      {"HTTPS://Example.COM:443/a%20b?q=1", "https://example.com/a%20b"},
      {"https://x/w?X-Amz-Signature=secret#token=secret", "https://x/w"},
      {"http://127.0.0.1:8000/w.bin", "http://127.0.0.1:8000/w.bin"},
      {"file://localhost/a%20b", "file:///a%20b"},
      {"/a/../b", "file:///b"},
  };
  for (const auto& [text, wanted] : cases) {
    const absl::StatusOr<Uri> uri = ParseUri(text);
    ASSERT_TRUE(uri.ok()) << text << ": " << uri.status();
    EXPECT_EQ(uri->ToString(), wanted);
    EXPECT_EQ(ParseUri(uri->ToString())->ToString(), wanted);
  }
}

TEST(UriTest, WhatIsNoAddressIsRefused) {
  for (const std::string text : {"hf://",
                                 "hf://org/",
                                 "hf://@main",
                                 "hf://gpt2@",
                                 "hf://gpt2@/x",
                                 "hf://..",
                                 "hf://../x",
                                 "hf://a--b",
                                 "hf://-a",
                                 "hf://a.",
                                 "hf://o/m/f?token=secret",
                                 "hf://o/m#token=secret",
                                 "file:///a?token=secret",
                                 "https://huggingface.co/datasets/squad",
                                 "https://huggingface.co/resolve/main/x",
                                 "http://u:secret@127.0.0.1/w",
                                 "http://example.com/w?token=secret",
                                 "http://127.0.0.1.example.com/w",
                                 "http://127.evil/w",
                                 "http://localhost.evil/w",
                                 "http://[::2]/w",
                                 "http://[::ffff:127.0.0.1]/w",
                                 "https://user:sec/ret@x y/w?secret",
                                 "ftp://a:secret@b/c",
                                 "hf://org/model@",
                                 "hf://org/model@main/../x",
                                 "hf://org/model/a%00b",
                                 "hf://org/model/%2",
                                 "gdrive://",
                                 "gdrive://a/b",
                                 "https://drive.google.com/drive/folders/1abc",
                                 "https://docs.google.com@evil/x",
                                 "http://example.com/w.bin",
                                 "ftp://example.com/w.bin",
                                 "https://user:secret@example.com/w",
                                 "file://host/path",
                                 "https://huggingface.co/org/model/tree",
                                 "https://x/y#sha256=",
                                 "https://x/y#sha256=12"}) {
    const absl::StatusOr<Uri> uri = ParseUri(text);
    EXPECT_TRUE(absl::IsInvalidArgument(uri.status())) << text << " gave " << (uri.ok() ? uri->ToString() : "");
    EXPECT_THAT(uri.status().message(), testing::Not(HasSubstr("secret")));
  }
}

TEST(UrlTest, R18MessagesShowNoSecrets) {
  EXPECT_EQ(ForMessages("https://cdn/x/y?Signature=secret#f"), "https://cdn/x/y");
  EXPECT_EQ(ForMessages("http://user:secret@proxy:80/x"), "http://proxy:80/x");
  EXPECT_EQ(ForMessages("http://user:se?c/r#et@proxy:80/x?y"), "http://proxy:80/x");
  EXPECT_EQ(ForMessages("hf://org/model@main/x"), "hf://org/model@main/x");
  const Url url = *ParseUrl("https://x/w?Signature=a%2Fsecret&n=1");
  EXPECT_EQ(WithoutSecrets("no /w?Signature=a%2Fsecret&n=1 here", url), "no /w?... here");
  EXPECT_EQ(WithoutSecrets("Signature=a%2Fsecret", url), "...");
  EXPECT_EQ(WithoutSecrets("<Sig>a/secret</Sig> 1", url), "<Sig>...</Sig> 1");
}

TEST(UrlTest, R4PlainHttpGoesToThisMachineOnly) {
  for (const std::string good :
       {"http://127.0.0.1/", "http://127.8.9.1:80/", "http://localhost/", "http://LOCALHOST:1/", "http://[::1]:8/", "https://x/"}) {
    EXPECT_TRUE(CheckMayBePlain(*ParseUrl(good)).ok()) << good;
  }
  for (const std::string bad :
       {"http://127.0.0.1.example.invalid/", "http://127.x/", "http://128.0.0.1/", "http://localhost.evil/", "http://x.localhost/",
        "http://[::2]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://10.0.0.1/", "http://127.0.0.1./"}) {
    const absl::StatusOr<Url> url = ParseUrl(bad);
    EXPECT_TRUE(!url.ok() || absl::IsFailedPrecondition(CheckMayBePlain(*url))) << bad;
  }
}

TEST(UrlTest, ReferencesAreResolvedWithTheirQuery) {
  const Url base = *ParseUrl("https://hub/a/b?x=1");
  EXPECT_EQ(ResolveReference(base, "/c?etag=%22q%22")->ToString(), "https://hub/c?etag=%22q%22");
  EXPECT_EQ(ResolveReference(base, "https://cdn:444/d")->Origin(), "https://cdn:444");
  EXPECT_FALSE(ResolveReference(base, "file:///etc/passwd").ok());
  EXPECT_NE(ParseUrl("https://h:1/")->Origin(), ParseUrl("https://h:2/")->Origin());
}

TEST(RetryTest, R16WaitsDoubleAndTheServersWishCounts) {
  const RetryPolicy policy;
  for (int failures = 1; failures < 10; ++failures) {
    const double nominal = std::min(1 << (failures - 1), 30);
    const double wait = absl::ToDoubleSeconds(WaitBefore(policy, failures, absl::UnavailableError("")));
    EXPECT_GE(wait, 0.75 * nominal);
    EXPECT_LE(wait, 1.25 * nominal);
  }
  absl::Status asked = absl::UnavailableError("");
  SetRetryAfter(asked, absl::Seconds(7));
  EXPECT_EQ(WaitBefore(policy, 1, Annotate(asked, "x")), absl::Seconds(7));
  SetRetryAfter(asked, absl::Hours(7));
  EXPECT_EQ(WaitBefore(policy, 1, asked), absl::Minutes(5));
}

TEST(RetryTest, R16RetryAfterIsSecondsOrADate) {
  const absl::Time now = absl::FromUnixSeconds(784111777);  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(ParseRetryAfter("120", now), absl::Seconds(120));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:50:37 GMT", now), absl::Seconds(60));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:48:37 GMT", now), absl::ZeroDuration());
  EXPECT_EQ(ParseRetryAfter("-5", now), absl::ZeroDuration());
  EXPECT_EQ(ParseRetryAfter("soon", now), std::nullopt);
}

TEST(RetryTest, R16ProgressStartsTheCounterAgain) {
  RetryPolicy policy;
  policy.first_wait = absl::ZeroDuration();
  const std::atomic<bool> stop = false;
  int calls = 0;
  const absl::Status status = Retry(policy, stop, [&](bool& progress) {
    progress = ++calls <= 7;
    return absl::UnavailableError("down");
  });
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(calls, 7 + policy.tries - 1);
}

HttpHead Head(int status, std::multimap<std::string, std::string> headers) {
  return {.status = status, .headers = std::move(headers)};
}

TEST(HttpTest, R26ValidatorsAreStrong) {
  EXPECT_EQ(ValidatorOf(Head(200, {{"etag", "\"a\""}})), "\"a\"");
  EXPECT_EQ(ValidatorOf(Head(200, {{"etag", "W/\"a\""}})), "");
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(ValidatorOf(Head(200, {{"last-modified", date}, {"date", "Sun, 06 Nov 1994 08:49:38 GMT"}})), date);
  EXPECT_EQ(ValidatorOf(Head(200, {{"last-modified", date}, {"date", date}})), "");
  EXPECT_EQ(ValidatorOf(Head(200, {{"last-modified", "lately"}, {"date", date}})), "");
}

TEST(HttpTest, R11ContentRangesMakeSense) {
  const std::optional<ContentRange> range = ParseContentRange("bytes 2-5/10");
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->range, (ByteRange{.begin = 2, .end = 6}));
  EXPECT_EQ(range->total, 10);
  for (const std::string bad : {"", "bytes */10", "bytes 2-5/*", "bytes 5-2/10", "bytes 2-10/10", "bytes -1-5/10", "2-5/10", "bytes 2-5",
                                "bytes 2-99999999999999999999/10", "items 2-5/10"}) {
    EXPECT_FALSE(ParseContentRange(bad).has_value()) << bad;
  }
}

TEST(HttpTest, R22StatedHashesAreTaken) {
  const std::string base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  EXPECT_EQ(StatedHashes(Head(200, {{"repr-digest", absl::StrCat("md5=:x:, sha-256=:", base64, ":")}})).sha256, kSha256);
  EXPECT_EQ(StatedHashes(Head(200, {{"digest", absl::StrCat("SHA-256=", base64)}})).sha256, kSha256);
  EXPECT_EQ(StatedHashes(Head(200, {{"x-amz-checksum-sha256", base64}})).sha256, kSha256);
  EXPECT_TRUE(StatedHashes(Head(200, {{"x-amz-checksum-sha256", absl::StrCat(base64, "-3")}})).empty());
  const std::string md5 = "d41d8cd98f00b204e9800998ecf8427e";
  const std::string md5_base64 = "1B2M2Y8AsgTpgAmY7PhCfg==";
  EXPECT_EQ(StatedHashes(Head(200, {{"content-md5", md5_base64}, {"etag", absl::StrCat("\"", md5, "\"")}})).md5, md5);
  EXPECT_EQ(StatedHashes(Head(200, {{"content-md5", md5_base64}, {"etag", "\"-multipart\""}})).md5, md5);
  // An MD5 that the ETag contradicts, or an ETag alone, says nothing.
  EXPECT_TRUE(StatedHashes(Head(200, {{"content-md5", md5_base64}, {"etag", absl::StrCat("\"", std::string(32, '0'), "\"")}})).empty());
  EXPECT_TRUE(StatedHashes(Head(200, {{"etag", absl::StrCat("\"", md5, "\"")}})).empty());
}

TEST(HubTest, AListingGivesCommitSizesAndHashes) {
  const std::string json = absl::StrCat(
      R"({"id": "o/m", "sha": ")", kCommit, R"(", "siblings": [{"rfilename": "w.bin", "size": 3, "blobId": ")", kCommit,
      R"(", "lfs": {"sha256": ")", kSha256, R"(", "size": 3}}, {"rfilename": "a/c.json", "size": 2, "blobId": ")", kCommit, R"("}]})");
  const absl::StatusOr<Listing> listing = ParseHubListing("o/m", json);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->revision, kCommit);
  ASSERT_EQ(listing->files.size(), 2);
  EXPECT_EQ(listing->files[0].uri.ToString(), absl::StrCat("hf://o/m@", kCommit, "/a/c.json"));
  EXPECT_EQ(listing->files[0].hashes.git_sha1, kCommit);
  EXPECT_EQ(listing->files[1].hashes.sha256, kSha256);
  EXPECT_EQ(listing->files[1].hashes.git_sha1, "");
}

TEST(HubTest, AListingOfTooManyFilesIsNotHeld) {
  std::string json = absl::StrCat(R"({"sha": ")", kCommit, R"(", "siblings": [0)");
  for (int i = 0; i < 250'001; ++i) json += ",0";
  EXPECT_TRUE(absl::IsResourceExhausted(ParseHubListing("o/m", json + "]}").status()));
}

TEST(HubTest, AHostileListingIsRefused) {
  const std::string begin = absl::StrCat(R"({"sha": ")", kCommit, R"(", "siblings": [{"rfilename": )");
  for (const std::string& json :
       {std::string("<html>"), std::string("{}"), std::string(R"({"sha": "main", "siblings": []})"), begin + R"("../x", "size": 1}]})",
        begin + R"("/etc/passwd", "size": 1}]})", begin + R"("a\u0000b", "size": 1}]})", begin + R"("a\\b", "size": 1}]})",
        begin + R"("a"}]})", begin + R"("a", "size": -1}]})", begin + R"("a", "size": 1.5}]})",
        begin + R"("a", "size": 18446744073709551615}]})", begin + R"("a", "size": 1, "size": 2}]})",
        begin + R"("a", "size": 1}, {"rfilename": "a", "size": 2}]})"}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseHubListing("o/m", json).status())) << json;
  }
}

TEST(DriveTest, OnlyTheWarningsOwnFormIsFollowed) {
  const Url url = *ParseUrl("https://drive.usercontent.google.com/download?id=1");
  const auto page = [](const std::string& action) {
    return absl::StrCat("<form id=\"x\" action=\"", action,
                        "\" method=\"get\"><input type=\"submit\" value=\"y\"/><input type=\"hidden\" name=\"id\" value=\"1\">"
                        "<input type=\"hidden\" name=\"at\" value=\"a&amp;b&quot;\"></form>");
  };
  const absl::StatusOr<Url> next = AfterDrivePage(url, 200, url.Origin(), page("https://drive.usercontent.google.com/download"));
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->query, "id=1&at=a%26b%22");
  for (const std::string action : {"https://evil.example/download", "http://drive.usercontent.google.com/download", "/signin"}) {
    EXPECT_FALSE(AfterDrivePage(url, 200, url.Origin(), page(action)).ok()) << action;
  }
}

TEST(DriveTest, NamesFromTheServerAreOnlyNames) {
  EXPECT_EQ(AttachmentName("attachment; filename=\"a.pth\"; filename*=UTF-8''b%20c.pth"), "b c.pth");
  EXPECT_EQ(AttachmentName("attachment; filename=\"../../.bashrc\""), "bashrc");
  EXPECT_EQ(AttachmentName("attachment; filename=\"a\\b\nc\""), "bc");
  EXPECT_EQ(AttachmentName("attachment; filename=\"..\""), "");
  EXPECT_EQ(AttachmentName("inline"), "");
}

TEST(HasherTest, R21HashesAreTheKnownOnes) {
  FileHasher empty(0, {.sha256 = "", .git_sha1 = "wanted", .md5 = "wanted"});
  const FileDigests digests = *empty.Finish();
  EXPECT_EQ(digests.hashes.sha256, kSha256);
  EXPECT_EQ(digests.hashes.git_sha1, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_EQ(digests.hashes.md5, "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_THAT(digests.chunks, IsEmpty());
}

TEST(HasherTest, AHashThatIsStatedAndNotMeasuredIsNoYes) {
  const Hashes stated{.sha256 = kSha256, .git_sha1 = "", .md5 = "d41d8cd98f00b204e9800998ecf8427e"};
  FileHasher both(0, stated);
  EXPECT_TRUE(CheckMeasured(stated, *both.Finish()).ok());
  FileHasher one(0, {});
  EXPECT_TRUE(absl::IsInternal(CheckMeasured(stated, *one.Finish())));
  EXPECT_TRUE(absl::IsInternal(CheckMeasured(stated, FileDigests{})));
  FileHasher other(1, stated);
  other.Update("x");
  EXPECT_TRUE(absl::IsDataLoss(CheckMeasured(stated, *other.Finish())));
  // Two statements need not know the same.
  EXPECT_TRUE(CheckAgree(stated, {}).ok());
  EXPECT_TRUE(absl::IsDataLoss(CheckAgree(stated, {.sha256 = std::string(64, '0'), .git_sha1 = "", .md5 = ""})));
  EXPECT_EQ(*Md5Of(""), stated.md5);
}

TEST(HasherTest, ChunksSayWhereAFileIsDamaged) {
  std::string bytes(2 * kLockChunk + 5, 'x');
  const auto measure = [&] {
    FileHasher hasher(static_cast<int64_t>(bytes.size()), {});
    // In pieces that do not go with the chunks.
    for (size_t at = 0; at < bytes.size(); at += 1'000'003) hasher.Update(absl::string_view(bytes).substr(at, 1'000'003));
    return MeasuredFile{.size = static_cast<int64_t>(bytes.size()), .digests = *hasher.Finish()};
  };
  LockedFile locked;
  locked.set_size(static_cast<int64_t>(bytes.size()));
  locked.set_chunk_size(kLockChunk);
  for (const std::string& chunk : measure().digests.chunks) locked.add_chunk_xxh3(chunk);
  EXPECT_EQ(locked.chunk_xxh3_size(), 3);
  EXPECT_THAT(DamagedRanges(locked, measure()), IsEmpty());
  bytes[kLockChunk] ^= 1;
  bytes.back() ^= 1;
  const std::vector<ByteRange> damaged = DamagedRanges(locked, measure());
  EXPECT_THAT(damaged, ElementsAre(ByteRange{.begin = kLockChunk, .end = 2 * kLockChunk + 5}));
  EXPECT_THAT(Between(damaged, locked.size()), ElementsAre(ByteRange{.begin = 0, .end = kLockChunk}));
  locked.set_size(7);
  EXPECT_THAT(DamagedRanges(locked, measure()), ElementsAre(ByteRange{.begin = 0, .end = 7}));
}

TEST(SegmentMapTest, StreamsTakePartsAndThePrefixGrows) {
  SegmentMap map(25, 10, {{.begin = 3, .end = 5}});
  std::vector<ByteRange> parts;
  while (const std::optional<SegmentMap::Taken> part = map.Take()) parts.push_back(part->range);
  EXPECT_THAT(parts, ElementsAre(ByteRange{0, 3}, ByteRange{5, 10}, ByteRange{10, 20}, ByteRange{20, 25}));
  EXPECT_EQ(map.missing(), 23);
  map.Advance(1, 5);
  EXPECT_EQ(map.Prefix(), 0);
  map.Advance(0, 3);
  EXPECT_EQ(map.Prefix(), 10);
  map.Advance(3, 2);
  EXPECT_THAT(map.Done(), ElementsAre(ByteRange{0, 10}, ByteRange{20, 22}));
  map.Advance(2, 10);
  map.Advance(3, 3);
  EXPECT_EQ(map.Prefix(), 25);
  EXPECT_EQ(map.missing(), 0);
}

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

// A source in memory that notes what it was asked for.
class MemoryReader : public RemoteReader {
 public:
  explicit MemoryReader(std::string bytes) : bytes_(std::move(bytes)) {}

  absl::Status Read(const Request& request, absl::FunctionRef<absl::Status(const BodyStart&)> on_start,
                    absl::FunctionRef<absl::Status(absl::string_view)> on_bytes) override {
    asked.push_back(request.range);
    if (!failure.ok()) return failure;
    const BodyStart start{.begin = request.range.begin, .is_range = !request.whole, .validator = ""};
    if (absl::Status status = on_start(start); !status.ok()) return status;
    return on_bytes(absl::string_view(bytes_).substr(static_cast<size_t>(start.begin), static_cast<size_t>(request.range.size())));
  }

  std::vector<ByteRange> asked;
  absl::Status failure;

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
    options_.on_message = [](const std::string&) {};
    file_.path = "w";
    file_.uri = FileUri("/w");
    file_.size = 100;
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

TEST(SetsTest, EverySetIsALockWhoseSourcesAreKnown) {
  for (const EmbeddedFile& set : EmbeddedSets()) {
    const absl::StatusOr<WeightsLock> lock = LoadSet(set.name);
    ASSERT_TRUE(lock.ok()) << lock.status();
    EXPECT_FALSE(lock->purpose().recipe().empty());
    for (const WeightsSource& source : lock->sources()) {
      for (const LockedFile& file : source.files()) {
        EXPECT_TRUE(file.mirrors().empty() || !file.sha256().empty()) << file.path();
      }
    }
    for (const DeadAddress& dead : lock->dead_addresses()) EXPECT_THAT(AdviceOn(dead.uri() + "@main"), HasSubstr(dead.instead()));
  }
  EXPECT_EQ(AdviceOn("hf://some/other"), "");
}

}  // namespace
}  // namespace weighbridge
