#include "verify/manifest/make_manifest.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "verify/digest/digest.h"
#include "verify/judge.h"
#include "verify/judge_testing.h"

namespace weighbridge {
namespace {

using MakeManifestTest = JudgeTest;

TEST_F(MakeManifestTest, HasBothDigestsPlaceAndStatisticsOfEveryTensor) {
  const Manifest manifest = JudgeFile(good_);
  int64_t offset = 0;
  for (size_t i = 0; i < good_.size(); ++i) {
    const OutputTensor& tensor = manifest.output().tensors(static_cast<int>(i));
    ContentDigest sha256(good_[i].spec, DigestKind::kSha256);
    sha256.Update(good_[i].bytes);
    EXPECT_EQ(tensor.content_sha256(), *sha256.Finish());
    EXPECT_EQ(tensor.file(), 0);
    EXPECT_EQ(tensor.offset(), offset);
    EXPECT_TRUE(tensor.has_values());
    EXPECT_FALSE(tensor.has_errors());
    offset += static_cast<int64_t>(good_[i].bytes.size());
  }
  const ValueStatistics& ids = manifest.output().tensors(6).values();
  EXPECT_EQ(ids.min(), 0x0101010101010101);
  EXPECT_EQ(ids.mean(), 0x0101010101010101);
  EXPECT_EQ(manifest.output().files(0).container_size(), 0);
}

TEST_F(MakeManifestTest, HasNoPlaceOfWhatIsNotStoredAsItIs) {
  const ByteSourcePtr columns = MakeMemorySource("columns", ValueOf(**Permute(plan_.outputs[1].expr, {1, 0})));
  Checkpoint merged;
  merged.files = {{CheckpointFile::Role::kWeights, "columns", columns}};
  ASSERT_TRUE(merged.Add({"square.weight", *StoredTensor::Create(good_[1].spec, columns, 0, {1, 33}), ""}).ok());
  const Manifest manifest = *Judge(plan_, merged, {});
  const auto& tensors = manifest.output().tensors();
  const auto found = std::find_if(tensors.begin(), tensors.end(), [](const auto& tensor) { return tensor.name() == "square.weight"; });
  EXPECT_EQ(found->verdict(), OutputTensor::VERDICT_EXACT);
  EXPECT_FALSE(found->has_offset());
  ASSERT_EQ(manifest.output().files(0).container_size(), 1);
  EXPECT_EQ(manifest.output().files(0).container(0).size(), 33 * 33 * 2);
}

TEST_F(MakeManifestTest, CountsWhatCastsLost) {
  // Random float32 of magnitude below 1 are never float16, but one.
  const Manifest manifest = JudgeFile(good_);
  EXPECT_GT(manifest.output().tensors(3).losses().changed(), 27000);
  EXPECT_EQ(manifest.output().tensors(3).losses().saturated(), 0);
  EXPECT_FALSE(manifest.output().tensors(0).has_losses());
  EXPECT_EQ(manifest.output().tensors(7).losses().changed(),
            manifest.output().tensors(1).losses().changed() + manifest.output().tensors(2).losses().changed());
}

TEST_F(MakeManifestTest, ConservesEveryByteBySource) {
  const Accounting accounting = JudgeFile(good_).accounting();
  const int64_t all = 4 * (5 + 33 * 33 * 2 + 40 * 700 + 1) + 48 + 4;
  EXPECT_EQ(accounting.source_bytes(), all);
  EXPECT_EQ(accounting.source_bytes_used(), all - 4);
  EXPECT_EQ(accounting.source_bytes_dropped(), 4);
  ASSERT_EQ(accounting.sources_size(), 1);
  EXPECT_EQ(accounting.sources(0).id(), "model");
  EXPECT_EQ(accounting.sources(0).tensors(), 7);
  EXPECT_EQ(accounting.sources(0).tensors_used(), 6);
  EXPECT_EQ(accounting.sources(0).tensors_dropped(), 1);
  int64_t output = 0;
  for (const Stored& stored : good_) output += static_cast<int64_t>(stored.bytes.size());
  EXPECT_EQ(accounting.output_bytes(), output);
}

TEST_F(MakeManifestTest, HasTheDigestOfWhatWasDropped) {
  ContentDigest digest({DType::kFloat16, {2}});
  digest.Update("abcd");
  EXPECT_EQ(JudgeFile(good_).dropped(0).content_xxh3(), *digest.Finish());
}

TEST_F(MakeManifestTest, NamesAnOriginOnlyOfTheBytesThatCameFromThere) {
  auto source = std::make_shared<Checkpoint>(*plan_.sources[0].checkpoint);
  source->files[1].origin = FileOrigin{.uri = "hf://org/model/config.json", .revision = "abc", .sha256 = *Sha256Of("{}")};
  source->files[0].origin = FileOrigin{.uri = "hf://org/model/weights.bin", .revision = "abc", .sha256 = *Sha256Of("other")};
  plan_.sources[0].checkpoint = source;
  const Manifest manifest = JudgeFile(good_);
  EXPECT_EQ(manifest.sources(0).files(1).origin().uri(), "hf://org/model/config.json");
  EXPECT_EQ(manifest.sources(0).files(1).origin().revision(), "abc");
  EXPECT_FALSE(manifest.sources(0).files(0).has_origin());
}

TEST_F(MakeManifestTest, HasTheRecipesOfMadeSources) {
  Recipe recipe;
  recipe.set_name("maker");
  plan_.made_sources = {{.id = "model", .recipe = recipe}};
  const Manifest manifest = JudgeFile(good_);
  ASSERT_EQ(manifest.made_sources_size(), 1);
  EXPECT_EQ(manifest.made_sources(0).id(), "model");
  EXPECT_EQ(manifest.made_sources(0).recipe().textproto(), "name: \"maker\"\n");
  EXPECT_EQ(manifest.made_sources(0).recipe().sha256(), *Sha256Of("name: \"maker\"\n"));
}

}  // namespace
}  // namespace weighbridge
