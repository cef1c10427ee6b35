// What the real libraries wrote and what was made to harm a reader: /work/shared, where it is there.

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"
#include "formats/paddle/paddle_layout.h"
#include "formats/paddle/paddle_test_util.h"
#include "formats/paddle/read_paddle.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace weighbridge {
namespace {

using Json = nlohmann::ordered_json;
using paddle::ReadElements;
using paddle::ReadFile;
using paddle::Sha256Hex;

constexpr const char* kGoldens[] = {"tiny", "small", "wide", "cast", "padtrap"};

// The folder, or "" where it is not there.
std::string Shared() {
  const char* shared = std::getenv("WEIGHBRIDGE_SHARED");
  return shared == nullptr ? "" : shared;
}

class SharedTest : public testing::Test {
 protected:
  void SetUp() override {
    if (Shared().empty()) GTEST_SKIP() << "WEIGHBRIDGE_SHARED does not name the folder of goldens and corpus";
  }
};
using GoldensTest = SharedTest;
using CorpusTest = SharedTest;
using HostileTest = SharedTest;

// One entry quotes an answer with half a surrogate pair, which is no JSON for this parser.
Json ReadJson(const std::string& path) {
  return Json::parse(absl::StrReplaceAll(ReadFile(path), {{" w\\ud800 ", " w? "}}));
}

absl::StatusOr<Checkpoint> Read(const std::string& path) {
  absl::StatusOr<ByteSourcePtr> source = OpenFile(path);
  if (!source.ok()) return source.status();
  return ReadPaddle(*std::move(source), ReadLimits());
}

// Compares name, order, dtype, shape, elements and names from tuples.
void ExpectTensors(const Checkpoint& checkpoint, const Json& expected) {
  ASSERT_EQ(checkpoint.tensors().size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const CheckpointTensor& tensor = checkpoint.tensors()[i];
    EXPECT_EQ(tensor.name, expected[i]["name"].get<std::string>());
    EXPECT_EQ(std::string(DTypeName(tensor.tensor.spec().dtype)), expected[i]["dtype"].get<std::string>()) << tensor.name;
    EXPECT_EQ(tensor.tensor.spec().shape, expected[i]["shape"].get<Shape>()) << tensor.name;
    EXPECT_EQ(Sha256Hex(ReadElements(tensor.tensor)), expected[i]["sha256"].get<std::string>()) << tensor.name;
    if (expected[i].contains("parameter_name")) {
      EXPECT_EQ(tensor.tensor_name, expected[i]["parameter_name"].get<std::string>());
    }
  }
}

void ExpectFile(const std::string& path, const Json& expected) {
  SCOPED_TRACE(path);
  const absl::StatusOr<Checkpoint> checkpoint = Read(path);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ExpectTensors(*checkpoint, expected["tensors"]);
  if (!expected.contains("name_table") || expected["name_table"].is_null()) return;
  const Json& table = expected["name_table"];
  for (const auto& [name, tensor_name] : table.items()) {
    const CheckpointTensor* tensor = checkpoint->Find(name);
    ASSERT_NE(tensor, nullptr) << name;
    EXPECT_EQ(tensor->tensor_name, tensor_name.get<std::string>()) << name;
  }
  for (const CheckpointTensor& tensor : checkpoint->tensors()) {
    if (!table.contains(tensor.name)) {
      EXPECT_EQ(tensor.tensor_name, "") << tensor.name;
    }
  }
}

TEST_F(GoldensTest, EveryPaddleFileIsRead) {
  int count = 0;
  for (const char* set : kGoldens) {
    const std::string folder = absl::StrCat(Shared(), "/golden/", set, "/");
    const Json expected = ReadJson(folder + "expected.json");
    for (const auto& [file, entry] : expected["files"].items()) {
      if (!absl::EndsWith(file, ".pdparams")) continue;
      ExpectFile(folder + file, entry);
      ++count;
    }
  }
  EXPECT_GE(count, 15);
  std::cout << count << " files of the goldens read\n";
}

TEST_F(GoldensTest, TheLayoutOfAMergedFileIsThatFile) {
  for (const char* set : kGoldens) {
    SCOPED_TRACE(set);
    const std::string path = absl::StrCat(Shared(), "/golden/", set, "/merged/model_state.pdparams");
    const absl::StatusOr<Checkpoint> checkpoint = Read(path);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    std::vector<LayoutRow> rows;
    std::vector<std::string> payloads;
    for (const CheckpointTensor& tensor : checkpoint->tensors()) {
      rows.push_back({.name = tensor.name, .spec = tensor.tensor.spec(), .tensor_name = tensor.tensor_name});
      payloads.push_back(ReadElements(tensor.tensor));
    }
    const absl::StatusOr<Layout> layout = PaddleLayout(rows);
    ASSERT_TRUE(layout.ok()) << layout.status();
    EXPECT_TRUE(paddle::Render(*layout, payloads) == ReadFile(path));
  }
}

TEST_F(CorpusTest, EveryPaddleFileIsRead) {
  int count = 0;
  for (const Json& entry : ReadJson(Shared() + "/corpus/expected.json")) {
    if (entry["format"] != "pdparams") continue;
    ExpectFile(absl::StrCat(Shared(), "/corpus/", entry["file"].get<std::string>()), entry);
    ++count;
  }
  EXPECT_GE(count, 35);
  std::cout << count << " files of the corpus read\n";
}

// Whether the reader's answer is of that class; for "either" reading and every refusal that says what is wrong with the file.
bool IsOfClass(const absl::Status& status, absl::string_view wanted) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return wanted == "read" || wanted == "either";
    case absl::StatusCode::kPermissionDenied:
      return wanted == "refused-global" || wanted == "either";
    case absl::StatusCode::kDataLoss:
      return wanted == "corrupt" || wanted == "either";
    case absl::StatusCode::kUnimplemented:
      return wanted == "unsupported" || wanted == "either";
    case absl::StatusCode::kResourceExhausted:
      return wanted == "limit" || wanted == "either";
    default:
      return false;
  }
}

TEST_F(HostileTest, EveryPickleAnswersAsItMust) {
  int count = 0;
  for (const Json& entry : ReadJson(Shared() + "/corpus/hostile/expected.json")) {
    if (entry["format"] != "pdparams") continue;
    const std::string file = entry["file"];
    SCOPED_TRACE(file);
    const absl::StatusOr<Checkpoint> checkpoint = Read(absl::StrCat(Shared(), "/corpus/hostile/", file));
    EXPECT_TRUE(IsOfClass(checkpoint.status(), entry["class"].get<std::string>())) << entry["class"] << ": " << checkpoint.status();
    std::string said(checkpoint.status().message());
    if (checkpoint.ok()) {
      if (entry.contains("tensors")) ExpectTensors(*checkpoint, entry["tensors"]);
      for (const std::string& remark : checkpoint->remarks) absl::StrAppend(&said, remark, "\n");
    }
    if (!checkpoint.ok() || !checkpoint->remarks.empty()) {
      for (const Json& word : entry["mention"])
        EXPECT_TRUE(absl::StrContains(said, word.get<std::string>())) << word << " is not in: " << said;
    }
    ++count;
  }
  EXPECT_GE(count, 98);
  std::cout << count << " hostile files answered\n";
}

}  // namespace
}  // namespace weighbridge
