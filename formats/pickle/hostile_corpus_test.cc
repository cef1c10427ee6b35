// The bare pickles of the shared hostile corpus, each against its expected.json.

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/machine_test_util.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace weighbridge::pickle {
namespace {

struct HostileFile {
  std::string path;  // From the corpus.
  std::string format;
  std::string expected_class;
  std::vector<std::string> mentions;
};

std::vector<HostileFile> BarePickles(const std::string& corpus) {
  std::ifstream file(absl::StrCat(corpus, "/expected.json"));
  // A remark there holds a lone surrogate, which the parser refuses.
  const std::string json = absl::StrReplaceAll(std::string(std::istreambuf_iterator<char>(file), {}), {{"ud800", "u0020"}});
  std::vector<HostileFile> files;
  for (const nlohmann::json& entry : nlohmann::json::parse(json)) {
    HostileFile hostile = {entry.at("file"), entry.at("format"), entry.at("class"), {}};
    if (entry.contains("mention")) hostile.mentions = entry.at("mention").get<std::vector<std::string>>();
    const bool is_pickle = hostile.format == "pdparams" || hostile.format == "torch_legacy";
    const bool is_ours = absl::StartsWith(hostile.path, "pickle/") || absl::StartsWith(hostile.path, "paddle/") ||
                         absl::StartsWith(hostile.path, "picklescan/");
    if (is_pickle && is_ours) files.push_back(hostile);
  }
  return files;
}

// A legacy file has five pickles; what stops one of them is what counts.
absl::Status RunFile(const std::string& path, const std::string& format) {
  absl::StatusOr<ByteSourcePtr> source = OpenFile(path);
  if (!source.ok()) return source.status();
  const bool legacy = format == "torch_legacy";
  int64_t position = 0;
  for (int i = 0; i < (legacy ? 5 : 1); ++i) {
    const absl::StatusOr<Document> document = RunPickle(**source, position, (*source)->size(), legacy ? TorchLegacy() : Paddle());
    if (!document.ok()) return document.status();
    position = document->end;
  }
  return absl::OkStatus();
}

// Well-formed pickles whose fault lies in what their values say together, which the reader of Paddle's files finds; or that are read there.
bool IsForThePaddleReader(const std::string& path) {
  static const auto* const kNames = new std::set<std::string>{
      "object_array",     "structured",  "slice_missing", "slice_shape",       "slice_shape_overflow",
      "slice_dtypes",     "slice_twice", "slice_bomb",    "slices_not_a_list", "table_entry_without_data",
      "table_not_a_dict",
  };
  for (const std::string& name : *kNames) {
    if (path == absl::StrCat("paddle/", name, ".pdparams")) return true;
  }
  return false;
}

absl::StatusCode CodeOf(const std::string& expected_class) {
  if (expected_class == "refused-global") return absl::StatusCode::kPermissionDenied;
  if (expected_class == "corrupt") return absl::StatusCode::kDataLoss;
  if (expected_class == "unsupported") return absl::StatusCode::kUnimplemented;
  return absl::StatusCode::kResourceExhausted;
}

TEST(HostileCorpusTest, EveryBarePickleIsRefusedAsExpected) {
  const char* shared = std::getenv("WEIGHBRIDGE_SHARED");
  const std::string corpus = absl::StrCat(shared == nullptr ? "" : shared, "/corpus/hostile");
  if (shared == nullptr || !std::ifstream(absl::StrCat(corpus, "/expected.json"))) {
    GTEST_SKIP() << "WEIGHBRIDGE_SHARED names no folder with corpus/hostile";
  }
  // Something else is wrong with these before the forbidden call; refusing either is right (hostile/README.md).
  const std::set<std::string> faulty_before = {"picklescan/malicious-invalid-bytes.pkl", "picklescan/broken_model.pkl",
                                               "picklescan/bad_pytorch.pt"};
  int count = 0;
  for (const HostileFile& file : BarePickles(corpus)) {
    SCOPED_TRACE(file.path);
    ++count;
    const absl::Status status = RunFile(absl::StrCat(corpus, "/", file.path), file.format);
    if (file.expected_class == "either") continue;
    if (file.expected_class == "read" || IsForThePaddleReader(file.path)) {
      EXPECT_TRUE(status.ok()) << status;
      continue;
    }
    if (faulty_before.contains(file.path)) {
      EXPECT_FALSE(status.ok());
      continue;
    }
    EXPECT_EQ(status.code(), CodeOf(file.expected_class)) << status;
    for (const std::string& word : file.mentions) EXPECT_TRUE(absl::StrContains(status.message(), word)) << word << ": " << status;
  }
  EXPECT_GT(count, 90);
}

}  // namespace
}  // namespace weighbridge::pickle
