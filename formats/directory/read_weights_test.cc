// What ReadWeights adds to the readers, and ListPickles, through OpenCheckpoint's door.

#include "formats/directory/read_weights.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/checkpoint.h"
#include "formats/directory/list_pickles.h"
#include "formats/directory/open_checkpoint.h"
#include "formats/read_limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Number(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

std::string Text(const std::string& text) {
  return absl::StrCat("X", Number(text.size(), 4), text);
}

// A legacy file of one storage of a byte, over which a tensor "w" with that size and a stride of 0 lies.
std::string Expanded(int64_t size) {
  const std::string storage = absl::StrCat("(", Text("storage"), "ctorch\nByteStorage\n", Text("0"), Text("cpu"), "K\1NtQ");
  const std::string tensor = absl::StrCat("ctorch._utils\n_rebuild_tensor_v2\n(", storage, std::string("K\0", 2), "\x8a\x08",
                                          Number(size, 8), "\x85", std::string("K\0\x85\x89", 4), "}tR");
  return absl::StrCat("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", "\x80\x02M\xe9\x03.", "\x80\x02}.", "\x80\x02}",
                      Text("w"), tensor, "s.", "\x80\x02]", Text("0"), "a.", Number(1, 8), "x");
}

// A LoDTensor, int8 [1].
const std::string kRecord = std::string(16, '\0') + std::string("\x04\0\0\0\x08\x15\x10\x01", 8) + "x";

class ReadWeightsTest : public testing::Test {
 protected:
  ReadWeightsTest() {
    folder_ = std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  std::string Write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }

  // The names of the tensors, then those of the files.
  static std::vector<std::string> Names(const std::string& path) {
    const absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(path);
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    std::vector<std::string> names;
    if (!checkpoint.ok()) return names;
    for (const CheckpointTensor& tensor : checkpoint->tensors()) names.push_back(tensor.name);
    for (const CheckpointFile& file : checkpoint->files) names.push_back(std::filesystem::path(file.path).filename());
    return names;
  }

  std::filesystem::path folder_;
};

TEST_F(ReadWeightsTest, TensorsThatRepeatElementsAreLimitedTogether) {
  EXPECT_TRUE(OpenCheckpoint(Write("small.pt", Expanded(1000))).ok());
  const absl::Status status = OpenCheckpoint(Write("bomb.pt", Expanded(int64_t{1} << 40))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(status.message(), HasSubstr("bomb.pt: tensor \"w\""));
  ReadLimits limits;
  limits.expanded_bytes = 999;
  EXPECT_FALSE(OpenCheckpoint(folder_ / "small.pt", limits).ok());
}

TEST_F(ReadWeightsTest, TensorsOfAFileAreLimitedTogether) {
  const std::string path = Write("net.pdiparams", kRecord + kRecord);
  const absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(path);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ReadLimits limits;
  for (const CheckpointTensor& row : checkpoint->tensors()) limits.tensor_bytes += row.tensor.byte_size();
  limits.tensor_bytes -= ReadLimits().tensor_bytes;
  EXPECT_TRUE(OpenCheckpoint(path, limits).ok());
  --limits.tensor_bytes;
  const absl::Status status = OpenCheckpoint(path, limits).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(status.message(), HasSubstr("and those before it"));
}

TEST_F(ReadWeightsTest, NamesOfLodTensorsComeFromTheFilesBeside) {
  const std::string path = Write("net.pdiparams", kRecord + kRecord);
  EXPECT_THAT(Names(path), ElementsAre("0", "1", "net.pdiparams"));
  Write("net.pdiparams.info", "}(U\1b}U\1a}u.");
  EXPECT_THAT(Names(path), ElementsAre("a", "b", "net.pdiparams", "net.pdiparams.info"));
  Write("net.json", R"({"program": {"regions": [{"blocks": [{"ops": [{"#": "p", "A": ["y"]}, {"#": "p", "A": ["x"]}]}]}]}})");
  EXPECT_THAT(Names(path), ElementsAre("x", "y", "net.pdiparams", "net.json", "net.pdiparams.info"));
  // A file of one parameter has the name of nothing.
  EXPECT_THAT(Names(Write("fc_0.w_0", kRecord)), ElementsAre("", "fc_0.w_0"));
}

TEST_F(ReadWeightsTest, TheProgramBesideParamsIsModel) {
  // One block with one persistable variable "w" of type 7.
  Write("__model__", "\x0a\x0b\x1a\x09\x0a\x01w\x12\x02\x08\x07\x18\x01");
  EXPECT_THAT(Names(Write("__params__", kRecord)), ElementsAre("w", "__params__", "__model__"));
}

TEST_F(ReadWeightsTest, PicklesOfEveryKindOfFileAreListed) {
  const auto listed = [](const std::string& path) {
    std::vector<std::string> result;
    const absl::StatusOr<std::vector<ListedPickle>> pickles = ListPickles(path);
    EXPECT_TRUE(pickles.ok()) << pickles.status();
    if (!pickles.ok()) return result;
    for (const ListedPickle& pickle : *pickles) {
      const std::string where = std::filesystem::path(pickle.where).filename();
      result.push_back(absl::StrCat(where, pickle.IsForbidden() ? " forbidden" : "", pickle.status.ok() ? "" : " damaged"));
    }
    return result;
  };
  EXPECT_THAT(listed(Write("w.pt", Expanded(1))),
              ElementsAre("w.pt: pickle 1", "w.pt: pickle 2", "w.pt: pickle 3", "w.pt: pickle 4", "w.pt: pickle 5"));
  EXPECT_THAT(listed(Write("a.pdparams",
                           "\x80\x02}.\x80\x02"
                           "cos\nsystem\n.???")),
              ElementsAre("a.pdparams", "a.pdparams: pickle 2 forbidden"));
  EXPECT_THAT(listed(Write("b.pdparams", "\x80\x02}(")), ElementsAre("b.pdparams damaged"));
  EXPECT_THAT(listed(Write("c.pdparams",
                           "\x80\x02"
                           "c__builtin__\neval\n(U\1xNtR.")),
              ElementsAre("c.pdparams forbidden damaged"));
  Write("net.pdiparams.info", "cos\nsystem\n.");
  EXPECT_THAT(listed(Write("net.pdiparams", kRecord)), ElementsAre("net.pdiparams.info forbidden"));
  EXPECT_THAT(listed(Write("m.index.json", R"({"weight_map": {"w": "a.pdparams"}})")),
              ElementsAre("a.pdparams", "a.pdparams: pickle 2 forbidden"));
  // Indexes that name each other have no end, and no index is a shard.
  std::ofstream(folder_ / "one.json") << R"({"weight_map": {"a": "other.json"}})";
  std::ofstream(folder_ / "other.json") << R"({"weight_map": {"a": "one.json"}})";
  EXPECT_EQ(ListPickles(folder_ / "one.json").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ListPickles(folder_ / "missing").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace weighbridge
