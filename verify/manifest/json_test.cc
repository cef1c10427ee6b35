// The manifest as JSON, and as a statement about it.

#include <cmath>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "formats/json/visit_json.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/digest/digest.h"
#include "verify/manifest/attestation.h"
#include "verify/manifest/manifest.h"
#include "verify/manifest/manifest_json.h"
#include "verify/manifest/manifest_testing.h"

namespace weighbridge {
namespace {

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

TEST(ManifestToJson, IsComplete) {
  Manifest manifest = MixedManifest();
  manifest.mutable_output()->mutable_tensors(1)->set_name("a \"quoted\"\n\xff name");
  const std::string json = ManifestToJson(manifest);
  EXPECT_EQ(At(json, {"schema"}), "weighbridge.manifest.v1");
  EXPECT_EQ(At(json, {"verdict"}), "differs");
  EXPECT_EQ(At(json, {"sources", "0", "files", "2", "role"}), "config");
  EXPECT_EQ(At(json, {"sources", "0", "files", "2", "sha256"}), absl::BytesToHexString(manifest.sources(0).files(2).sha256()));
  EXPECT_EQ(At(json, {"output", "tensors", "0", "verdict"}), "exact");
  EXPECT_EQ(At(json, {"output", "tensors", "1", "name"}), "a \"quoted\"\n\xef\xbf\xbd name");
  EXPECT_EQ(At(json, {"output", "tensors", "24", "verdict"}), "within tolerance");
  EXPECT_EQ(At(json, {"output", "tensors", "24", "errors", "differing"}), "65997");
  EXPECT_EQ(At(json, {"output", "tensors", "24", "errors", "ulp_histogram", "1"}), "61000");
  Manifest infinite;
  infinite.mutable_output()->add_tensors()->mutable_values()->set_max(INFINITY);
  EXPECT_EQ(At(ManifestToJson(infinite), {"output", "tensors", "0", "values", "max"}), "Infinity");
}

TEST(MakeAttestation, GivesAnInTotoStatement) {
  const Manifest manifest = ExactManifest();
  const std::string bytes = SerializeManifest(manifest);
  const std::string json = *MakeAttestation(manifest, bytes);
  EXPECT_EQ(At(json, {"_type"}), "https://in-toto.io/Statement/v1");
  EXPECT_EQ(At(json, {"subject", "0", "name"}), "model_state.pdparams");
  EXPECT_EQ(At(json, {"subject", "0", "digest", "sha256"}), absl::BytesToHexString(manifest.output().files(0).sha256()));
  EXPECT_EQ(At(json, {"predicate", "verdict"}), "exact");
  EXPECT_EQ(At(json, {"predicate", "manifest", "digest", "sha256"}), absl::BytesToHexString(*Sha256Of(bytes)));
  EXPECT_EQ(At(json, {"predicate", "tensors", "exact"}), "68");
  EXPECT_EQ(At(json, {"predicate", "materials", "0", "name"}), "blip2/blip2-00001-of-00002.bin");
  EXPECT_EQ(At(json, {"predicate", "materials", "2", "digest", "sha256"}), absl::BytesToHexString(manifest.sources(0).files(2).sha256()));
}

TEST(MakeAttestation, RefusesAManifestThatSaysNo) {
  EXPECT_EQ(MakeAttestation(MixedManifest(), "").status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace weighbridge
