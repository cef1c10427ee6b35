// The records of a PyTorch zip as torch finds them, and what the root of its pickle must be.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/torch/read_torch.h"
#include "formats/zip/zip_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const ZipPart kVersion = {.name = "a/version", .data = "3\n"};

ZipPart Pickle(const std::string& body) {
  return {.name = "a/data.pkl", .data = "\x80\x02" + body + "."};
}

ZipPart Named(ZipPart part, const std::string& name) {
  part.name = name;
  return part;
}

absl::StatusOr<Checkpoint> Read(const std::vector<ZipPart>& parts) {
  return ReadTorchZip(MakeMemorySource("w.pt", BuildZip(parts)), {});
}

// torch looks records up without regard to the case of letters.
TEST(TorchZipRecordsTest, AreFoundInAnyCase) {
  EXPECT_TRUE(Read({Named(Pickle("}"), "a/DATA.pkl"), Named(kVersion, "a/Version")}).ok());
  const absl::Status byteorder = Read({Pickle("}"), kVersion, {.name = "a/BYTEORDER", .data = "middle"}}).status();
  EXPECT_EQ(byteorder.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(byteorder.message(), HasSubstr("middle"));
  // The prefix it compares as it stands.
  EXPECT_EQ(Read({Pickle("}"), Named(kVersion, "A/version")}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(TorchZipRecordsTest, DifferInMoreThanCase) {
  for (const char* name : {"a/DATA.pkl", "a/Version", "a/version2", "a/VERSION2"}) {
    const absl::Status status = Read({Pickle("}"), kVersion, {.name = "a/Version2"}, {.name = name}}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(status.message(), HasSubstr(name));
    EXPECT_THAT(status.message(), HasSubstr("case alone"));
  }
}

TEST(TorchZipRootTest, MayBeAnEmptyDict) {
  const absl::StatusOr<Checkpoint> checkpoint = Read({Pickle("}"), kVersion});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(checkpoint->tensors(), IsEmpty());
}

TEST(TorchZipRootTest, IsNoNumberTextOrListOfThem) {
  for (const std::string& body :
       {std::string("N"), std::string("K\x07"), std::string("\x88"), std::string("X\x01\0\0\0a", 6), std::string("]"), std::string(")"),
        std::string("](K\x07K\x08"
                    "e")}) {
    const absl::Status status = Read({Pickle(body), kVersion}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(status.message(), HasSubstr("not a checkpoint"));
  }
}

}  // namespace
}  // namespace weighbridge
