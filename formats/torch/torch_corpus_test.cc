// Runs the readers over the shared corpus and goldens, where WEIGHBRIDGE_SHARED says where those are.

#include <openssl/sha.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
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
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/torch/read_torch.h"
#include "formats/zip/zip_archive.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace weighbridge {
namespace {

using Json = nlohmann::json;

class SharedTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("WEIGHBRIDGE_SHARED");
    if (shared == nullptr || !std::filesystem::exists(shared))
      GTEST_SKIP() << "WEIGHBRIDGE_SHARED names no folder: the shared corpus is not read";
    shared_ = shared;
  }

  std::string Path(absl::string_view relative) const { return absl::StrCat(shared_, "/", relative); }

  // Lone surrogates, which quoted messages of the libraries hold, are replaced: this parser refuses them.
  Json ReadJson(absl::string_view relative) const {
    std::ostringstream text;
    text << std::ifstream(Path(relative)).rdbuf();
    return Json::parse(absl::StrReplaceAll(text.str(), {{"\\ud800", "\\ufffd"}}));
  }

 private:
  std::string shared_;
};

absl::StatusOr<Checkpoint> ReadAs(const std::string& format, const std::string& path) {
  absl::StatusOr<ByteSourcePtr> source = OpenFile(path);
  if (!source.ok()) return source.status();
  return format == "torch_legacy" ? ReadTorchLegacy(*source, ReadLimits()) : ReadTorchZip(*source, ReadLimits());
}

struct Row {
  std::string name;
  std::string dtype;
  Shape shape;
  std::string sha256;

  friend bool operator==(const Row&, const Row&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) {
    return out << row.name << " " << row.dtype << " " << ShapeToString(row.shape) << " " << row.sha256;
  }
};

std::vector<Row> ExpectedRows(const Json& tensors) {
  std::vector<Row> rows;
  for (const Json& tensor : tensors) {
    rows.push_back({.name = tensor["name"], .dtype = tensor["dtype"], .shape = tensor["shape"].get<Shape>(), .sha256 = tensor["sha256"]});
  }
  return rows;
}

absl::StatusOr<std::string> Sha256(const StoredTensor& tensor) {
  if (tensor.byte_size() > int64_t{1} << 30)
    return absl::ResourceExhaustedError(absl::StrCat("the tensor w has ", tensor.byte_size(), " bytes"));
  std::string bytes(tensor.byte_size(), '\0');
  absl::Status status = ReadRegion(tensor, WholeRegion(tensor.spec().shape), absl::MakeSpan(bytes));
  if (!status.ok()) return status;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

// Reads every tensor and every checksummed range in full, as a careful reader would.
absl::StatusOr<std::vector<Row>> ReadRows(const absl::StatusOr<Checkpoint>& checkpoint) {
  if (!checkpoint.ok()) return checkpoint.status();
  std::vector<Row> rows;
  for (const CheckpointTensor& tensor : checkpoint->tensors()) {
    const absl::StatusOr<std::string> digest = Sha256(tensor.tensor);
    if (!digest.ok()) return digest.status();
    const TensorSpec& spec = tensor.tensor.spec();
    rows.push_back({.name = tensor.name, .dtype = std::string(DTypeName(spec.dtype)), .shape = spec.shape, .sha256 = *digest});
  }
  for (const ChecksummedRange& range : checkpoint->checksums) {
    const absl::Status status = CheckCrc32({.source = range.source, .offset = range.offset, .size = range.size}, range.crc32);
    if (!status.ok()) return absl::Status(status.code(), absl::StrCat(range.label, ": ", status.message()));
  }
  return rows;
}

bool IsTorch(const std::string& format) {
  return format == "torch_zip" || format == "torch_legacy" || format == "torchscript";
}

absl::StatusCode CodeOf(const std::string& error_class) {
  static const std::map<std::string, absl::StatusCode> kCodes = {{"refused-global", absl::StatusCode::kPermissionDenied},
                                                                 {"corrupt", absl::StatusCode::kDataLoss},
                                                                 {"unsupported", absl::StatusCode::kUnimplemented},
                                                                 {"limit", absl::StatusCode::kResourceExhausted}};
  return kCodes.at(error_class);
}

TEST_F(SharedTest, ReadsTheCorpusAsTheLibrariesDo) {
  int read = 0;
  int refused = 0;
  for (const Json& entry : ReadJson("corpus/expected.json")) {
    if (!IsTorch(entry["format"])) continue;
    const std::string file = entry["file"];
    SCOPED_TRACE(file);
    const absl::StatusOr<std::vector<Row>> rows = ReadRows(ReadAs(entry["format"], Path("corpus/" + file)));
    if (entry.contains("expect_error")) {
      EXPECT_EQ(rows.status().code(), CodeOf(entry["error_class"])) << rows.status();
      ++refused;
    } else if (file == "generated/colliding_names.pt") {
      EXPECT_EQ(rows.status().code(), absl::StatusCode::kDataLoss) << rows.status();
    } else {
      EXPECT_TRUE(rows.ok()) << rows.status();
      if (rows.ok()) {
        EXPECT_EQ(*rows, ExpectedRows(entry["tensors"]));
      }
      ++read;
    }
  }
  std::cout << read << " files read, " << refused << " refused as expected\n";
}

// Where another answer than the entry's class is right too.
const std::map<std::string, absl::StatusCode>& OtherAnswers() {
  static const std::map<std::string, absl::StatusCode> kAnswers = {
      // "Or seen to hold no tensor without walking it."
      {"pickle/memo_bomb.pt", absl::StatusCode::kOk},
      // No torch file at all, so this reader is never asked: a signature that is no pickle.
      {"picklescan/bad_pytorch.pt", absl::StatusCode::kDataLoss},
      // "Refused by either": it has no data.pkl.
      {"picklescan/malicious1_crc.zip", absl::StatusCode::kUnimplemented},
  };
  return kAnswers;
}

TEST_F(SharedTest, SurvivesTheHostileCorpus) {
  static const std::set<std::string> kFolders = {"zip", "torch", "torch_legacy", "truncated", "pickle", "other", "picklescan"};
  int count = 0;
  for (const Json& entry : ReadJson("corpus/hostile/expected.json")) {
    const std::string file = entry["file"];
    if (!IsTorch(entry["format"]) || !kFolders.contains(file.substr(0, file.find('/')))) continue;
    SCOPED_TRACE(file);
    ++count;
    const auto start = std::chrono::steady_clock::now();
    const absl::StatusOr<std::vector<Row>> rows = ReadRows(ReadAs(entry["format"], Path("corpus/hostile/" + file)));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
    const std::string expected_class = entry["class"];
    if (expected_class == "read" || (expected_class == "either" && rows.ok() && entry.contains("tensors"))) {
      EXPECT_TRUE(rows.ok()) << rows.status();
      if (rows.ok()) {
        EXPECT_EQ(*rows, ExpectedRows(entry["tensors"]));
      }
      continue;
    }
    if (expected_class != "either") {
      const auto other = OtherAnswers().find(file);
      EXPECT_EQ(rows.status().code(), other == OtherAnswers().end() ? CodeOf(expected_class) : other->second) << rows.status();
    }
    if (rows.ok()) continue;
    for (const std::string word : entry["mention"])
      EXPECT_TRUE(absl::StrContains(rows.status().message(), word)) << word << ": " << rows.status();
  }
  std::cout << count << " hostile files\n";
}

TEST_F(SharedTest, ReadsTheGoldens) {
  int count = 0;
  for (const auto& scale : std::filesystem::directory_iterator(Path("golden"))) {
    if (!scale.is_directory()) continue;
    const std::string folder = absl::StrCat("golden/", scale.path().filename().string());
    const Json expected = ReadJson(folder + "/expected.json");
    for (const auto& [file, entry] : expected["files"].items()) {
      if (!entry.contains("tensors") || !(absl::EndsWith(file, ".bin") || absl::EndsWith(file, ".pth"))) continue;
      const std::string path = Path(absl::StrCat(folder, "/", file));
      SCOPED_TRACE(path);
      ++count;
      const absl::StatusOr<ByteSourcePtr> source = OpenFile(path);
      ASSERT_TRUE(source.ok()) << source.status();
      const absl::StatusOr<std::vector<Row>> rows =
          ReadRows(LooksLikeTorchLegacy(**source) ? ReadTorchLegacy(*source, ReadLimits()) : ReadTorchZip(*source, ReadLimits()));
      ASSERT_TRUE(rows.ok()) << rows.status();
      std::vector<Row> wanted = ExpectedRows(entry["tensors"]);
      // Of a training checkpoint the model's part is stated, without its prefix.
      const absl::string_view prefix = entry.contains("top_level") ? "model." : "";
      std::vector<Row> found;
      for (Row row : *rows) {
        if (!absl::StartsWith(row.name, prefix)) continue;
        row.name = row.name.substr(prefix.size());
        found.push_back(std::move(row));
      }
      EXPECT_EQ(found, wanted);
    }
  }
  std::cout << count << " golden files\n";
}

}  // namespace
}  // namespace weighbridge
