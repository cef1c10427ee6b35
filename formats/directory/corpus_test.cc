// OpenCheckpoint over the files of /work/shared: what must come out of each, and what must be refused.

#include <openssl/sha.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
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

std::string Sha256(const StoredTensor& tensor) {
  std::string bytes(tensor.byte_size(), '\0');
  EXPECT_TRUE(ReadRegion(tensor, WholeRegion(tensor.spec().shape), absl::MakeSpan(bytes)).ok());
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

// "name dtype shape sha256" of each tensor; in Python's spelling of shapes, which is JSON's too.
std::vector<std::string> Lines(const Checkpoint& checkpoint) {
  std::vector<std::string> lines;
  for (const CheckpointTensor& row : checkpoint.tensors()) {
    lines.push_back(absl::StrCat(row.name, " ", ToString(row.tensor.spec()), " ", Sha256(row.tensor)));
  }
  return lines;
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

TEST_F(CorpusTest, ReadsEveryGoodFileOfTheFormatsThatAreRead) {
  int read = 0;
  int refused = 0;
  for (const Json& entry : Load("corpus/expected.json")) {
    const std::string file = entry["file"];
    const std::string format = entry["format"];
    absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(shared_ / "corpus" / file);
    const bool is_read =
        format == "torch_zip" || format == "torch_legacy" || format == "pdparams" || format == "safetensors" || format == "index";
    if (!is_read) {
      EXPECT_EQ(checkpoint.status().code(), StatusCode::kUnimplemented) << file << ": " << checkpoint.status();
      ++refused;
    } else if (entry.contains("expect_error")) {
      EXPECT_FALSE(checkpoint.ok()) << file;
      ++refused;
    } else if (file == "generated/colliding_names.pt") {
      EXPECT_EQ(checkpoint.status().code(), StatusCode::kDataLoss) << checkpoint.status();  // Two tensors of one joined name.
      ++refused;
    } else if (checkpoint.ok()) {
      const std::vector<std::string> lines = Lines(*checkpoint);
      const std::vector<std::string> expected = ExpectedLines(entry["tensors"]);
      EXPECT_EQ(Unordered(lines), Unordered(expected)) << file;
      // Of these the list is sorted by name.
      if (format != "safetensors" && format != "index") {
        EXPECT_EQ(lines, expected) << file;
      }
      ++read;
    } else {
      ADD_FAILURE() << file << ": " << checkpoint.status();
    }
  }
  std::printf("corpus: %d files read, %d refused as they must be\n", read, refused);
}

StatusCode CodeOf(const std::string& error_class) {
  if (error_class == "corrupt") return StatusCode::kDataLoss;
  if (error_class == "unsupported") return StatusCode::kUnimplemented;
  if (error_class == "limit") return StatusCode::kResourceExhausted;
  if (error_class == "refused-global") return StatusCode::kPermissionDenied;
  return StatusCode::kOk;
}

// Files of another class than the one that expected.json prefers, for a reason.
const std::map<std::string, StatusCode>& Exceptions() {
  static const auto* exceptions = new std::map<std::string, StatusCode>{
      // What is wrong shows when elements are read, not when the table is made; torch's own tests do that.
      {"zip/bomb_size_lies.pt", StatusCode::kOk},
      {"zip/crc_differs.pt", StatusCode::kOk},
      {"torch/expand_bomb.pt", StatusCode::kOk},
      // Seen to hold no tensor, without walking every path; expected.json allows that.
      {"pickle/memo_bomb.pt", StatusCode::kOk},
      // Seven bytes of nothing that begin as a GLOBAL does.
      {"picklescan/not_a_pickle.bin", StatusCode::kPermissionDenied},
      // Refused for its members before its pickle is looked at.
      {"picklescan/malicious1_crc.zip", StatusCode::kUnimplemented},
  };
  return *exceptions;
}

TEST_F(CorpusTest, RefusesEveryHostileFileAsItMust) {
  // Of these formats nothing is read, good or bad.
  const std::set<std::string> not_read = {"lod_tensor", "pdiparams", "npy", "npz", "torch_tar"};
  std::map<std::string, int> counts;
  for (const Json& entry : Load("corpus/hostile/expected.json")) {
    const std::string file = entry["file"];
    const std::string error_class = entry["class"];
    const absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(shared_ / "corpus/hostile" / file);
    const absl::Status& status = checkpoint.status();
    if (not_read.contains(entry["format"])) {
      EXPECT_FALSE(checkpoint.ok()) << file;
      ++counts["of a format that is not read"];
      continue;
    }
    ++counts[error_class];
    if (const auto exception = Exceptions().find(file); exception != Exceptions().end()) {
      EXPECT_EQ(status.code(), exception->second) << file << ": " << status;
    } else if (error_class == "read") {
      ASSERT_TRUE(checkpoint.ok()) << file << ": " << status;
      EXPECT_EQ(Unordered(Lines(*checkpoint)), Unordered(ExpectedLines(entry["tensors"]))) << file;
    } else if (error_class != "either") {
      EXPECT_EQ(status.code(), CodeOf(error_class)) << file << ": " << status;
    }
    if (checkpoint.ok()) continue;
    for (const std::string& word : entry.value("mention", std::vector<std::string>())) {
      EXPECT_TRUE(absl::StrContains(status.message(), word)) << file << " does not mention " << word << ": " << status;
    }
  }
  for (const auto& [error_class, count] : counts) std::printf("hostile: %d %s\n", count, error_class.c_str());
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
