#include "verify/manifest/message_difference.h"

#include <limits>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "proto/manifest.pb.h"

namespace weighbridge {
namespace {

Manifest Example() {
  Manifest manifest;
  manifest.set_schema("schema");
  OutputTensor* tensor = manifest.mutable_output()->add_tensors();
  tensor->set_name("a.b");
  tensor->add_shape(3);
  tensor->set_content_sha256(std::string(32, '\x12'));
  tensor->set_offset(0);
  tensor->mutable_values()->set_min(0);
  return manifest;
}

// "path: left | right".
std::string Difference(void (*change)(Manifest& m)) {
  Manifest changed = Example();
  change(changed);
  const std::optional<MessageDifference> difference = FirstDifference(Example(), changed);
  return difference.has_value() ? difference->path + ": " + difference->left + " | " + difference->right : "";
}

OutputTensor* Tensor(Manifest& m) {
  return m.mutable_output()->mutable_tensors(0);
}

TEST(FirstDifference, IsNothingBetweenTheSame) {
  EXPECT_EQ(Difference([](Manifest&) {}), "");
}

TEST(FirstDifference, HasPathAndValues) {
  EXPECT_EQ(Difference([](Manifest& m) { m.set_schema("sch\nma"); }), R"(schema: "schema" | "sch\nma")");
  EXPECT_EQ(Difference([](Manifest& m) { Tensor(m)->set_shape(0, 4); }), "output.tensors[0] (a.b).shape[0]: 3 | 4");
  EXPECT_EQ(Difference([](Manifest& m) { Tensor(m)->add_shape(4); }), "output.tensors[0] (a.b).shape: 1 entry | 2 entries");
  EXPECT_EQ(Difference([](Manifest& m) { m.mutable_output()->clear_tensors(); }), "output.tensors: 1 entry | 0 entries");
  EXPECT_EQ(Difference([](Manifest& m) { Tensor(m)->set_verdict(OutputTensor::VERDICT_EXACT); }),
            "output.tensors[0] (a.b).verdict: VERDICT_UNSPECIFIED | VERDICT_EXACT");
  EXPECT_EQ(Difference([](Manifest& m) { Tensor(m)->clear_offset(); }), "output.tensors[0] (a.b).offset: 0 | nothing");
  EXPECT_EQ(Difference([](Manifest& m) { Tensor(m)->clear_values(); }), "output.tensors[0] (a.b).values: something | nothing");
  EXPECT_EQ(Difference([](Manifest& m) { m.set_verdict(Manifest::VERDICT_EXACT), m.set_schema("x"); }), R"(schema: "schema" | "x")");
}

TEST(FirstDifference, OfDoublesIsOneOfBits) {
  EXPECT_EQ(Difference([](Manifest& m) { Tensor(m)->mutable_values()->set_min(-0.0); }), "output.tensors[0] (a.b).values.min: 0 | -0");
  Manifest nan = Example();
  Tensor(nan)->mutable_values()->set_min(std::numeric_limits<double>::quiet_NaN());
  EXPECT_FALSE(FirstDifference(nan, nan).has_value());
}

TEST(FirstDifference, OfLongTextsIsShownWhereItIs) {
  Manifest left;
  left.mutable_recipe()->set_textproto(std::string(1000, 'a') + "left" + std::string(1000, 'b'));
  Manifest right;
  right.mutable_recipe()->set_textproto(std::string(1000, 'a') + "right" + std::string(1000, 'b'));
  const MessageDifference difference = *FirstDifference(left, right);
  EXPECT_EQ(difference.left, "…\"" + std::string(20, 'a') + "left" + std::string(56, 'b') + "\"…");
  EXPECT_EQ(difference.right, "…\"" + std::string(20, 'a') + "right" + std::string(55, 'b') + "\"…");
}

TEST(FirstDifference, SeesFieldsOfLaterVersions) {
  EXPECT_EQ(Difference([](Manifest& m) { m.MergeFromString("\xf8\x06\x01"); }),
            "(fields that this version does not know): nothing | f80601");
}

}  // namespace
}  // namespace weighbridge
