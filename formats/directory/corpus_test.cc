// OpenCheckpoint over the files of ../shared: what must come out of each, and what must be refused.

#include <openssl/sha.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/checkpoint.h"
#include "formats/directory/list_pickles.h"
#include "formats/directory/open_checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/zip/zip_archive.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace weighbridge {
namespace {

using absl::StatusCode;
using Json = nlohmann::json;

class CorpusTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("WEIGHBRIDGE_SHARED");
    if (shared == nullptr || !std::filesystem::is_directory(shared)) GTEST_SKIP() << "WEIGHBRIDGE_SHARED names no folder";
    shared_ = shared;
  }

  Json Load(const std::string& path) const {
    std::ostringstream text;
    text << std::ifstream(shared_ / path).rdbuf();
    // One remark quotes a name that no JSON parser has to take.
    return Json::parse(absl::StrReplaceAll(text.str(), {{"w\\ud800", "w?"}}));
  }

  std::filesystem::path shared_;
};

std::string Sha256(const std::string& bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

// "name dtype shape sha256" of each tensor; in Python's spelling of shapes, which is JSON's too. Reads every tensor and every part that
// has a checksum in full, as a verifier does, and fails as these.
absl::StatusOr<std::vector<std::string>> ReadLines(const absl::StatusOr<Checkpoint>& checkpoint) {
  if (!checkpoint.ok()) return checkpoint.status();
  for (const ChecksummedRange& range : checkpoint->checksums) {
    RETURN_IF_ERROR(CheckCrc32({.source = range.source, .offset = range.offset, .size = range.size}, range.crc32),
                    Annotate(_, range.label));
  }
  std::vector<std::string> lines;
  for (const CheckpointTensor& row : checkpoint->tensors()) {
    std::string bytes(row.tensor.byte_size(), '\0');
    RETURN_IF_ERROR(ReadRegion(row.tensor, WholeRegion(row.tensor.spec().shape), absl::MakeSpan(bytes)));
    lines.push_back(absl::StrCat(row.name, " ", ToString(row.tensor.spec()), " ", Sha256(bytes)));
  }
  return lines;
}

std::vector<std::string> Lines(const Checkpoint& checkpoint) {
  absl::StatusOr<std::vector<std::string>> lines = ReadLines(checkpoint);
  EXPECT_TRUE(lines.ok()) << lines.status();
  return lines.ok() ? *std::move(lines) : std::vector<std::string>();
}

std::vector<std::string> ExpectedLines(const Json& tensors) {
  std::vector<std::string> lines;
  for (const Json& tensor : tensors) {
    lines.push_back(absl::StrCat(tensor["name"].get<std::string>(), " ", tensor["dtype"].get<std::string>(), " ",
                                 ShapeToString(tensor["shape"].get<std::vector<int64_t>>()), " ", tensor["sha256"].get<std::string>()));
  }
  return lines;
}

std::multiset<std::string> Unordered(const std::vector<std::string>& lines) {
  return {lines.begin(), lines.end()};
}

StatusCode CodeOf(const std::string& error_class) {
  if (error_class == "corrupt") return StatusCode::kDataLoss;
  if (error_class == "unsupported") return StatusCode::kUnimplemented;
  if (error_class == "limit") return StatusCode::kResourceExhausted;
  if (error_class == "refused-global") return StatusCode::kPermissionDenied;
  return StatusCode::kOk;
}

// What stands in quotes in a sentence that says why a file is refused: the tensor, dtype or member to name.
std::vector<std::string> QuotedWords(const std::string& sentence) {
  std::vector<std::string> words;
  for (size_t begin = sentence.find_first_of("'\""); begin != std::string::npos;) {
    const size_t end = sentence.find(sentence[begin], begin + 1);
    if (end == std::string::npos) break;
    words.push_back(sentence.substr(begin + 1, end - begin - 1));
    begin = sentence.find_first_of("'\"", end + 1);
  }
  return words;
}

TEST_F(CorpusTest, ReadsEveryFileAsItsLibraryDoesAndRefusesTheRest) {
  int read = 0;
  int refused = 0;
  for (const Json& entry : Load("corpus/expected.json")) {
    const std::string file = entry["file"];
    SCOPED_TRACE(file);
    const absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(shared_ / "corpus" / file);
    // Two different tensors of one joined name: refusing is one of the two right answers.
    const bool collides = file == "generated/colliding_names.pt";
    if (collides || entry.contains("expect_error")) {
      EXPECT_EQ(checkpoint.status().code(), CodeOf(collides ? "corrupt" : entry["error_class"])) << checkpoint.status();
      for (const std::string& word : QuotedWords(entry.value("expect_error", ""))) {
        EXPECT_TRUE(absl::StrContains(checkpoint.status().message(), word)) << word << ": " << checkpoint.status();
      }
      ++refused;
      continue;
    }
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    const std::vector<std::string> lines = Lines(*checkpoint);
    const std::vector<std::string> expected = ExpectedLines(entry["tensors"]);
    // Of some formats the list is sorted by name.
    if (entry["format"] == "safetensors" || entry["format"] == "index") {
      EXPECT_EQ(Unordered(lines), Unordered(expected));
    } else {
      EXPECT_EQ(lines, expected);
    }
    ++read;
  }
  std::printf("corpus: %d files read, %d refused as they must be\n", read, refused);
}

// Files of another class than the one that expected.json prefers, for a reason; their `must` allows it.
const std::map<std::string, StatusCode>& Exceptions() {
  static const auto* exceptions = new std::map<std::string, StatusCode>{
      // Seen to hold no tensor, without walking every path, and so no checkpoint.
      {"pickle/memo_bomb.pt", StatusCode::kFailedPrecondition},
      // Names a type of torch's storages, as no file of Paddle may, before its persistent id.
      {"pickle/binpersid.pdparams", StatusCode::kPermissionDenied},
      // Refused for its members, which lie in no folder, before its pickle is looked at.
      {"picklescan/malicious1_crc.zip", StatusCode::kUnimplemented},
  };
  return *exceptions;
}

void ExpectAnswer(const Json& entry, const absl::StatusOr<Checkpoint>& checkpoint) {
  const std::string error_class = entry["class"];
  const absl::StatusOr<std::vector<std::string>> lines = ReadLines(checkpoint);
  const absl::Status& status = lines.status();
  if (const auto exception = Exceptions().find(entry["file"]); exception != Exceptions().end()) {
    EXPECT_EQ(status.code(), exception->second) << status;
  } else if (error_class != "either") {
    EXPECT_EQ(status.code(), CodeOf(error_class)) << status;
  }
  if (lines.ok()) {
    if (entry.contains("tensors")) {
      EXPECT_EQ(Unordered(*lines), Unordered(ExpectedLines(entry["tensors"])));
    }
    return;
  }
  for (const std::string& word : entry.value("mention", std::vector<std::string>())) {
    EXPECT_TRUE(absl::StrContains(status.message(), word)) << "it does not mention " << word << ": " << status;
  }
}

TEST_F(CorpusTest, AnswersEveryHostileFileAsItMust) {
  constexpr auto kMostTime = std::chrono::seconds(2);
  constexpr int64_t kMostMemory = int64_t{256} << 10;  // KiB, as getrusage has it; of all files.
  std::map<std::string, int> counts;
  for (const Json& entry : Load("corpus/hostile/expected.json")) {
    const std::string file = entry["file"];
    SCOPED_TRACE(file);
    const auto start = std::chrono::steady_clock::now();
    ExpectAnswer(entry, OpenCheckpoint(shared_ / "corpus/hostile" / file));
    EXPECT_LT(std::chrono::steady_clock::now() - start, kMostTime);
    ++counts[entry["class"]];
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  // A sanitizer takes memory of its own.
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LT(usage.ru_maxrss, kMostMemory);
#endif
  EXPECT_FALSE(std::filesystem::exists("PWNED"));
  for (const auto& [error_class, count] : counts) std::printf("hostile: %d %s\n", count, error_class.c_str());
  std::printf("hostile: at most %ld MiB\n", usage.ru_maxrss >> 10);
}

// Whether a file's pickles name something forbidden; nothing where its pickles cannot be reached.
std::optional<bool> NamesForbidden(const std::string& path) {
  const absl::StatusOr<std::vector<ListedPickle>> pickles = ListPickles(path);
  if (!pickles.ok()) return std::nullopt;
  return std::any_of(pickles->begin(), pickles->end(), [](const ListedPickle& pickle) { return pickle.IsForbidden(); });
}

TEST_F(CorpusTest, ListsWhatPicklesNameAndWhichOfItIsForbidden) {
  int forbidden = 0;
  for (const std::string corpus : {"corpus", "corpus/hostile"}) {
    for (const Json& entry : Load(corpus + "/expected.json")) {
      const std::string file = entry["file"];
      SCOPED_TRACE(file);
      const std::optional<bool> names_forbidden = NamesForbidden(shared_ / corpus / file);
      if (entry.value("error_class", entry.value("class", "")) == "refused-global") {
        // Undecodable bytes stand before what it would name.
        if (file == "picklescan/malicious-invalid-bytes.pkl") continue;
        EXPECT_EQ(names_forbidden, true);
        ++forbidden;
      } else if (entry.contains("tensors") && entry.value("class", "read") == "read") {
        EXPECT_EQ(names_forbidden, false);
      }
    }
  }
  std::printf("pickles: %d files name something forbidden\n", forbidden);
}

// What expected.json lists of a folder, or of a file, of a set: the tensors of its files in the order of their names.
std::vector<std::string> ExpectedOfGolden(const Json& set, const std::string& part) {
  std::vector<std::string> lines;
  for (const auto& [file, entry] : set["files"].items()) {
    if (!entry.contains("tensors") || !absl::StartsWith(file, part)) continue;
    if (absl::StartsWith(file.substr(part.size()), "/") || file == part) {
      for (std::string& line : ExpectedLines(entry["tensors"])) lines.push_back(std::move(line));
    }
  }
  return lines;
}

TEST_F(CorpusTest, OpensEveryCheckpointOfTheGoldensInFileOrder) {
  int tensors = 0;
  for (const char* set : {"tiny", "small", "wide", "cast", "padtrap"}) {
    const Json expected = Load(absl::StrCat("golden/", set, "/expected.json"));
    for (const std::string part : {"llama", "delta", "vicuna", "vicuna_consolidated", "vicuna_converted", "blip2", "merged"}) {
      const std::filesystem::path path = shared_ / "golden" / set / part;
      absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(path);
      ASSERT_TRUE(checkpoint.ok()) << path << ": " << checkpoint.status();
      EXPECT_EQ(Lines(*checkpoint), ExpectedOfGolden(expected, part)) << path;
      EXPECT_EQ(checkpoint->facts.contains("model_type"), std::filesystem::exists(path / "config.json")) << path;
      // Every file of the folder is one that belongs to the checkpoint.
      std::set<std::string> files;
      for (const CheckpointFile& file : checkpoint->files) files.insert(std::filesystem::path(file.path).filename());
      for (const auto& file : std::filesystem::directory_iterator(path)) EXPECT_TRUE(files.contains(file.path().filename())) << file;
      EXPECT_TRUE(checkpoint->remarks.empty()) << path << ": " << checkpoint->remarks[0];
      tensors += static_cast<int>(checkpoint->tensors().size());
    }
    // The trainer's file: expected.json lists its "model", without the prefix.
    absl::StatusOr<Checkpoint> trained = OpenCheckpoint(shared_ / "golden" / set / "prerained_minigpt4.pth");
    ASSERT_TRUE(trained.ok()) << set << ": " << trained.status();
    std::vector<std::string> model;
    for (const std::string& line : Lines(*trained)) {
      if (absl::StartsWith(line, "model.")) model.push_back(line.substr(6));
    }
    EXPECT_EQ(model, ExpectedOfGolden(expected, "prerained_minigpt4.pth")) << set;
    tensors += static_cast<int>(trained->tensors().size());
  }
  std::printf("goldens: %d tensors\n", tensors);
}

}  // namespace
}  // namespace weighbridge
