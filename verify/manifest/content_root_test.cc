#include "verify/manifest/content_root.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/digest/digest.h"

namespace weighbridge {
namespace {

TEST(ContentRoot, IsTheFormulaAndKnowsNoOrder) {
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

}  // namespace
}  // namespace weighbridge
