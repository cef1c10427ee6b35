// What the pickles of PyTorch files mean where torch has rules beyond the pickle's: bits, views, widths, places without a path, work.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/pickle/pickle_assembler.h"
#include "formats/torch/read_torch.h"
#include "formats/zip/zip_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using pickle::Int;
using pickle::Repeat;
using pickle::TupleOf;
using pickle::Unicode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kData(16, 'x');

absl::StatusOr<Checkpoint> ReadZip(absl::string_view object, absl::string_view byteorder = "little", absl::string_view key = "0") {
  const std::string file = BuildZip({{.name = "a/data.pkl", .data = absl::StrCat("\x80\x02", object, ".")},
                                     {.name = "a/byteorder", .data = std::string(byteorder)},
                                     {.name = "a/version", .data = "3\n"},
                                     {.name = absl::StrCat("a/data/", key), .data = kData}});
  return ReadTorchZip(MakeMemorySource("w.pt", file), {});
}

// With storages of four floats under these keys.
absl::StatusOr<Checkpoint> ReadLegacy(absl::string_view object, const std::vector<std::string>& keys) {
  std::string file = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.M\xe9\x03.}.";
  absl::StrAppend(&file, object, ".](");
  for (const std::string& key : keys) absl::StrAppend(&file, Unicode(key));
  file += "e.";
  for (size_t i = 0; i < keys.size(); ++i) absl::StrAppend(&file, LittleEndian(4, 8), kData);
  return ReadTorchLegacy(MakeMemorySource("w.pt", file), {});
}

std::string TensorOver(absl::string_view storage) {
  return pickle::TensorV2(storage, Int(0), TupleOf(Int(1)), TupleOf(Int(1)));
}
std::string ATensor() {
  return TensorOver(pickle::StorageOf("FloatStorage", "0", 4));
}
std::string LegacyStorage(absl::string_view key, absl::string_view view = "N") {
  return TupleOf(absl::StrCat(Unicode("storage"), pickle::GlobalOf("torch", "FloatStorage"), Unicode(key), Unicode("cpu"), Int(4), view)) +
         "Q";
}
std::string LegacyView(absl::string_view root, absl::string_view key, int offset, int size) {
  return TensorOver(LegacyStorage(root, TupleOf(absl::StrCat(Unicode(key), Int(offset), Int(size)))));
}
std::string Pair(absl::string_view first, absl::string_view second) {
  return absl::StrCat(first, second, "\x86");
}

std::vector<std::string> Names(const absl::StatusOr<Checkpoint>& checkpoint) {
  if (!checkpoint.ok()) return {checkpoint.status().ToString()};
  std::vector<std::string> names;
  for (const CheckpointTensor& tensor : checkpoint->tensors()) names.push_back(tensor.name);
  return names;
}

// torch swaps the bytes of a storage once, by the width of its first use.
TEST(TorchPickleTest, RefusesBigEndianStoragesThatAreUsedInTwoWidths) {
  const auto read = [](const std::string& first, int64_t count, const std::string& second, int64_t second_count) {
    return ReadZip(Pair(TensorOver(pickle::StorageOf(first, "0", count)), TensorOver(pickle::StorageOf(second, "0", second_count))), "big")
        .status();
  };
  EXPECT_TRUE(read("FloatStorage", 4, "IntStorage", 4).ok());
  EXPECT_TRUE(read("ComplexFloatStorage", 2, "FloatStorage", 4).ok());
  for (const auto& [type, count] : {std::pair("ShortStorage", 8), std::pair("ByteStorage", 16), std::pair("DoubleStorage", 2)}) {
    EXPECT_EQ(read("FloatStorage", 4, type, count).code(), absl::StatusCode::kDataLoss) << type;
    EXPECT_EQ(read(type, count, "FloatStorage", 4).code(), absl::StatusCode::kDataLoss) << type;
  }
  // Also where no tensor of the object is over the first.
  const std::string unused = pickle::StorageOf("ShortStorage", "0", 8) + "0";
  EXPECT_EQ(ReadZip(unused + ATensor(), "big").status().code(), absl::StatusCode::kDataLoss);
}

TEST(TorchPickleTest, TensorsInPlacesWithoutAPathAreNotAccountedFor) {
  const absl::StatusOr<Checkpoint> checkpoint = ReadZip(Pair(ATensor(), absl::StrCat("\x8f(", ATensor(), "\x90")));
  EXPECT_THAT(Names(checkpoint), ElementsAre("0"));
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_THAT(checkpoint->unlisted, ElementsAre(HasSubstr("the set at \"1\"")));
  const absl::Status status = CheckAllListed(*checkpoint);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("w.pt: cannot account for"));
  EXPECT_TRUE(CheckAllListed(*ReadZip(ATensor())).ok());
}

// A tuple of a text and an array is a tensor to Paddle alone.
TEST(TorchPickleTest, TuplesAreTuples) {
  const std::string array = pickle::NumpyArray(TupleOf(Int(1)), pickle::NumpyDType("u1", "|"), pickle::Binary("a"));
  EXPECT_THAT(Names(ReadZip(pickle::CallOf(pickle::GlobalOf("builtins", "tuple"), Pair(Unicode("name"), array)))), ElementsAre("1"));
}

// Views and storages share one table by key.
TEST(TorchPickleTest, KeysOfLegacyViewsMeanOneThing) {
  const std::string view = LegacyView("0", "99", 1, 2);
  EXPECT_TRUE(ReadLegacy(Pair(view, view), {"0"}).ok());
  EXPECT_TRUE(ReadLegacy(Pair(view, LegacyView("0", "98", 1, 2)), {"0"}).ok());
  const std::vector<std::pair<const char*, std::string>> refused = {
      {"another place", Pair(view, LegacyView("0", "99", 2, 2))},
      {"another size", Pair(view, LegacyView("0", "99", 1, 1))},
      {"another root", Pair(view, LegacyView("1", "99", 1, 2))},
      {"the root's own key", Pair(LegacyView("0", "0", 0, 4), view)},
      {"the key of a storage that comes later", Pair(view, TensorOver(LegacyStorage("99")))},
      {"the key of a storage before", Pair(TensorOver(LegacyStorage("99")), view)},
  };
  for (const auto& [what, object] : refused) {
    const absl::Status status = ReadLegacy(object, {"0", "1", "99"}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << what << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("view")) << what;
  }
}

// Twice as many uses of one storage with a long key, or of one array that is spelled as a long text, ask for at most twice the work.
TEST(TorchPickleTest, WorkGrowsWithTheProgram) {
  const std::string key(30'000, 'k');
  const std::string array =
      pickle::NumpyArray(TupleOf(Int(100'000)), pickle::NumpyDType("u1", "|"),
                         pickle::CallOf(pickle::GlobalOf("_codecs", "encode"), Unicode(std::string(100'000, 'x')) + Unicode("latin1")));
  const std::string storage = pickle::StorageOf("FloatStorage", key, 4);
  for (const std::string& first : {TensorOver(storage), storage, array}) {
    const auto work = [&](int uses) {
      const absl::StatusOr<Checkpoint> checkpoint = ReadZip(absl::StrCat("](", first, "q\1", Repeat("h\1", uses), "e"), "little", key);
      EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
      return checkpoint.ok() ? checkpoint->work : 0;
    };
    const int64_t once = work(3000);
    EXPECT_GT(once, 3000);
    EXPECT_LT(once, 30'000);
    EXPECT_LE(work(6000), 2 * once + 100);
  }
}

TEST(TorchPickleTest, WorkOfLegacyFilesGrowsWithTheProgram) {
  const auto work = [&](int uses) {
    const absl::StatusOr<Checkpoint> checkpoint =
        ReadLegacy(absl::StrCat("](", TensorOver(LegacyStorage("0")), "q\1", Repeat("h\1", uses), "e"), {"0"});
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    return checkpoint.ok() ? checkpoint->work : 0;
  };
  EXPECT_LE(work(6000), 2 * work(3000) + 100);
  EXPECT_LT(work(3000), 30'000);
}

}  // namespace
}  // namespace weighbridge
