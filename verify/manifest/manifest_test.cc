#include "verify/manifest/manifest.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/manifest/manifest_testing.h"

namespace weighbridge {
namespace {

TEST(Manifest, UnknownFieldsSurviveARewrite) {
  // Field 1000 of the manifest and of its first tensor's message.
  Manifest manifest = ExactManifest();
  manifest.GetReflection()->MutableUnknownFields(&manifest)->AddLengthDelimited(1000, "of tomorrow");
  OutputTensor& tensor = *manifest.mutable_output()->mutable_tensors(0);
  tensor.GetReflection()->MutableUnknownFields(&tensor)->AddVarint(1000, 42);
  const std::string bytes = SerializeManifest(manifest);
  absl::StatusOr<Manifest> parsed = ParseManifest(bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(SerializeManifest(*parsed), bytes);
  EXPECT_TRUE(absl::StrContains(bytes, "of tomorrow"));
}

TEST(Manifest, RefusesWhatIsNoManifest) {
  EXPECT_EQ(ParseManifest("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ParseManifest("{}").status().code(), absl::StatusCode::kDataLoss);
  Manifest later;
  later.set_schema("weighbridge.manifest.v2");
  EXPECT_EQ(ParseManifest(SerializeManifest(later)).status().code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace weighbridge
