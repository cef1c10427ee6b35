#include "verify/manifest/manifest.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/json/visit_json.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/digest/digest.h"
#include "verify/judge_testing.h"
#include "verify/manifest/attestation.h"
#include "verify/manifest/content_root.h"
#include "verify/manifest/manifest_json.h"

namespace weighbridge {
namespace {

using ManifestTest = JudgeTest;

TEST_F(ManifestTest, HasBothDigestsPlaceAndStatisticsOfEveryTensor) {
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

TEST_F(ManifestTest, HasNoPlaceOfWhatIsNotStoredAsItIs) {
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

TEST_F(ManifestTest, CountsWhatCastsLost) {
  // Random float32 of magnitude below 1 are never float16, but one.
  const Manifest manifest = JudgeFile(good_);
  EXPECT_GT(manifest.output().tensors(3).losses().changed(), 27000);
  EXPECT_EQ(manifest.output().tensors(3).losses().saturated(), 0);
  EXPECT_FALSE(manifest.output().tensors(0).has_losses());
  EXPECT_EQ(manifest.output().tensors(7).losses().changed(),
            manifest.output().tensors(1).losses().changed() + manifest.output().tensors(2).losses().changed());
}

TEST_F(ManifestTest, ConservesEveryByteBySource) {
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

TEST_F(ManifestTest, HasTheDigestOfWhatWasDropped) {
  ContentDigest digest({DType::kFloat16, {2}});
  digest.Update("abcd");
  EXPECT_EQ(JudgeFile(good_).dropped(0).content_xxh3(), *digest.Finish());
}

TEST_F(ManifestTest, NamesAnOriginOnlyOfTheBytesThatCameFromThere) {
  auto source = std::make_shared<Checkpoint>(*plan_.sources[0].checkpoint);
  source->files[1].origin = FileOrigin{.uri = "hf://org/model/config.json", .revision = "abc", .sha256 = *Sha256Of("{}")};
  source->files[0].origin = FileOrigin{.uri = "hf://org/model/weights.bin", .revision = "abc", .sha256 = *Sha256Of("other")};
  plan_.sources[0].checkpoint = source;
  const Manifest manifest = JudgeFile(good_);
  EXPECT_EQ(manifest.sources(0).files(1).origin().uri(), "hf://org/model/config.json");
  EXPECT_EQ(manifest.sources(0).files(1).origin().revision(), "abc");
  EXPECT_FALSE(manifest.sources(0).files(0).has_origin());
}

TEST_F(ManifestTest, HasTheRecipesOfMadeSources) {
  Recipe recipe;
  recipe.set_name("maker");
  plan_.made_sources = {{.id = "model", .recipe = recipe}};
  const Manifest manifest = JudgeFile(good_);
  ASSERT_EQ(manifest.made_sources_size(), 1);
  EXPECT_EQ(manifest.made_sources(0).id(), "model");
  EXPECT_EQ(manifest.made_sources(0).recipe().textproto(), "name: \"maker\"\n");
  EXPECT_EQ(manifest.made_sources(0).recipe().sha256(), *Sha256Of("name: \"maker\"\n"));
}

TEST_F(ManifestTest, ContentRootIsTheFormulaAndKnowsNoOrder) {
  const auto number = [](uint64_t value) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
    return bytes;
  };
  Output output;
  std::vector<std::string> leaves;
  for (const char* name : {"b", "c", "a"}) {
    OutputTensor& tensor = *output.add_tensors();
    tensor.set_name(name);
    tensor.set_dtype("int8");
    tensor.add_shape(3);
    tensor.set_content_sha256(std::string(32, name[0]));
    leaves.push_back(*Sha256Of(
        absl::StrCat(absl::string_view("\0", 1), number(1), name, number(4), "int8", number(1), number(3), std::string(32, name[0]))));
  }
  output.add_tensors()->set_name("missing");
  const std::string left = *Sha256Of("\1" + leaves[2] + leaves[0]);
  EXPECT_EQ(*ContentRoot(output), *Sha256Of("\1" + left + leaves[1]));
  output.mutable_tensors()->SwapElements(0, 2);
  EXPECT_EQ(*ContentRoot(output), *Sha256Of("\1" + left + leaves[1]));
  output.mutable_tensors(0)->set_name("d");
  EXPECT_NE(*ContentRoot(output), *Sha256Of("\1" + left + leaves[1]));
  EXPECT_EQ(*ContentRoot(Output()), *Sha256Of(""));
}

TEST_F(ManifestTest, UnknownFieldsSurviveARewrite) {
  // Field 1000 of the manifest and of its first tensor's message.
  Manifest manifest = JudgeFile(good_);
  manifest.GetReflection()->MutableUnknownFields(&manifest)->AddLengthDelimited(1000, "of tomorrow");
  OutputTensor& tensor = *manifest.mutable_output()->mutable_tensors(0);
  tensor.GetReflection()->MutableUnknownFields(&tensor)->AddVarint(1000, 42);
  const std::string bytes = SerializeManifest(manifest);
  absl::StatusOr<Manifest> parsed = ParseManifest(bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(SerializeManifest(*parsed), bytes);
  EXPECT_TRUE(absl::StrContains(bytes, "of tomorrow"));
}

TEST_F(ManifestTest, RefusesWhatIsNoManifest) {
  EXPECT_EQ(ParseManifest("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ParseManifest("{}").status().code(), absl::StatusCode::kDataLoss);
  Manifest later;
  later.set_schema("weighbridge.manifest.v2");
  EXPECT_EQ(ParseManifest(SerializeManifest(later)).status().code(), absl::StatusCode::kUnimplemented);
}

// The value at a path of a JSON text, as text.
std::string At(const std::string& json, const std::vector<std::string>& path) {
  std::string found = "nothing";
  const absl::Status status = VisitJson(json, 100, [&](absl::Span<const std::string> at, const JsonValue& value) {
    if (std::vector<std::string>(at.begin(), at.end()) != path) return absl::OkStatus();
    if (const auto* text = std::get_if<std::string>(&value)) found = *text;
    if (const auto* count = std::get_if<uint64_t>(&value)) found = absl::StrCat(*count);
    if (const auto* number = std::get_if<double>(&value)) found = absl::StrCat(*number);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return found;
}

TEST_F(ManifestTest, IsCompleteAsJson) {
  std::vector<Stored> file = good_;
  file[0].name = "a \"quoted\"\n\xff name";
  file[3].bytes[0] ^= 1;
  const Manifest manifest = JudgeFile(file);
  const std::string json = ManifestToJson(manifest);
  EXPECT_EQ(At(json, {"schema"}), "weighbridge.manifest.v1");
  EXPECT_EQ(At(json, {"verdict"}), "differs");
  EXPECT_EQ(At(json, {"sources", "0", "files", "1", "role"}), "config");
  EXPECT_EQ(At(json, {"sources", "0", "files", "1", "sha256"}), absl::BytesToHexString(*Sha256Of("{}")));
  EXPECT_EQ(At(json, {"output", "tensors", "2", "verdict"}), "exact");
  EXPECT_EQ(At(json, {"output", "tensors", "4", "errors", "differing"}), "1");
  EXPECT_EQ(At(json, {"output", "tensors", "4", "errors", "ulp_histogram", "1"}), "1");
  EXPECT_EQ(At(json, {"output", "tensors", "1", "name"}), "a \"quoted\"\n\xef\xbf\xbd name");
  Manifest infinite;
  infinite.mutable_output()->add_tensors()->mutable_values()->set_max(INFINITY);
  EXPECT_EQ(At(ManifestToJson(infinite), {"output", "tensors", "0", "values", "max"}), "Infinity");
}

TEST_F(ManifestTest, GivesAnInTotoStatement) {
  const Manifest manifest = JudgeFile(good_);
  const std::string bytes = SerializeManifest(manifest);
  const std::string json = *MakeAttestation(manifest, bytes);
  EXPECT_EQ(At(json, {"_type"}), "https://in-toto.io/Statement/v1");
  EXPECT_EQ(At(json, {"subject", "0", "name"}), "merged.bin");
  EXPECT_EQ(At(json, {"subject", "0", "digest", "sha256"}), absl::BytesToHexString(manifest.output().files(0).sha256()));
  EXPECT_EQ(At(json, {"predicate", "verdict"}), "exact");
  EXPECT_EQ(At(json, {"predicate", "manifest", "digest", "sha256"}), absl::BytesToHexString(*Sha256Of(bytes)));
  EXPECT_EQ(At(json, {"predicate", "tensors", "exact"}), "9");
  EXPECT_EQ(At(json, {"predicate", "materials", "0", "name"}), "model/weights.bin");
  EXPECT_EQ(At(json, {"predicate", "materials", "1", "digest", "sha256"}), absl::BytesToHexString(*Sha256Of("{}")));
}

}  // namespace
}  // namespace weighbridge
