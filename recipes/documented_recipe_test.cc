// The worked example of docs/recipes.md, as it stands there: compiled, explained and executed over the golden set `tiny`.

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "execute/execute.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/output_file.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "formats/layout.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "recipe/compile.h"
#include "recipes/recipes.h"

namespace weighbridge {
namespace {

// The lines of the document's indented block whose first line begins so, without their indentation.
std::vector<std::string> DocumentedBlock(absl::string_view beginning) {
  std::ostringstream text;
  text << std::ifstream("docs/recipes.md").rdbuf();
  std::vector<std::string> block;
  for (absl::string_view line : absl::StrSplit(text.str(), '\n')) {
    const bool indented = absl::ConsumePrefix(&line, "    ");
    if (block.empty() && !(indented && absl::StartsWith(line, beginning))) continue;
    if (!indented && !line.empty()) break;
    block.emplace_back(line);
  }
  while (!block.empty() && block.back().empty()) block.pop_back();
  return block;
}

absl::StatusOr<Plan> CompileDocumented() {
  absl::StatusOr<Recipe> recipe = ParseRecipe(absl::StrJoin(DocumentedBlock("name: \"norms\""), "\n"), "docs/recipes.md");
  if (!recipe.ok()) return recipe.status();
  std::vector<PlanSource> sources;
  for (const auto& [id, path] : {std::pair("base", "testdata/tiny/llama"), std::pair("delta", "testdata/tiny/delta")}) {
    absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(path);
    if (!checkpoint.ok()) return checkpoint.status();
    sources.push_back({.id = id, .checkpoint = std::make_shared<const Checkpoint>(*std::move(checkpoint))});
  }
  return Compile(*recipe, sources);
}

// The outputs' bytes, one behind the other.
std::string Execute(const Plan& plan) {
  Layout layout;
  for (const PlannedTensor& output : plan.outputs) {
    layout.slots.push_back({.offset = layout.size, .size = ByteSize(output.expr->spec()).value()});
    layout.size += layout.slots.back().size;
  }
  auto file = OutputFile::Create(testing::TempDir() + "/norms", layout.size, /*overwrite=*/true);
  EXPECT_TRUE(file.ok()) << file.status();
  const FileToWrite files[] = {{.layout = &layout, .file = file->get()}};
  const absl::Status status = Execute(plan, files, {});
  EXPECT_TRUE(status.ok()) << status;
  return ReadAll(**(*file)->OpenForReading(), layout.size).value();
}

// Normal numbers and zero only.
float FromHalf(uint16_t bits) {
  const float magnitude = (bits & 0x7c00) == 0 ? 0 : std::ldexp(1024 + (bits & 0x3ff), ((bits >> 10) & 0x1f) - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

std::vector<float> ReadHalves(const Plan& plan, size_t source, absl::string_view name) {
  const StoredTensor& tensor = plan.sources[source].checkpoint->Find(name)->tensor;
  std::vector<uint16_t> bits(tensor.byte_size() / 2);
  const absl::Span<char> bytes(reinterpret_cast<char*>(bits.data()), tensor.byte_size());
  EXPECT_TRUE(ReadRegion(tensor, WholeRegion(tensor.spec().shape), bytes).ok());
  std::vector<float> values;
  for (uint16_t half : bits) values.push_back(FromHalf(half));
  return values;
}

TEST(DocumentedRecipeTest, IsUnderstoodAsTheDocumentSays) {
  const absl::StatusOr<Plan> plan = CompileDocumented();
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::vector<std::string> explained;
  for (const PlannedTensor& output : plan->outputs) {
    explained.push_back(absl::StrCat(output.name, " ", ToString(output.expr->spec()), " = ", ToString(*output.expr)));
  }
  EXPECT_EQ(explained, DocumentedBlock("norm.0"));
  EXPECT_EQ(std::get<std::string>(plan->facts.at("torch_dtype")), "bfloat16");
}

TEST(DocumentedRecipeTest, MakesTheRoundedSum) {
  const absl::StatusOr<Plan> plan = CompileDocumented();
  ASSERT_TRUE(plan.ok()) << plan.status();
  const std::string bytes = Execute(*plan);
  ASSERT_EQ(bytes.size(), 3 * 64 * 2u);
  const std::vector<float> base = ReadHalves(*plan, 0, "model.norm.weight");
  const std::vector<float> delta = ReadHalves(*plan, 1, "model.norm.weight");
  bool differ = false;
  for (size_t k = 0; k < 64; ++k) {
    uint16_t bits;
    std::memcpy(&bits, bytes.data() + 2 * (128 + k), 2);
    const float made = std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
    EXPECT_NEAR(made, base[k] + delta[k], std::abs(made) / 256) << k;
    differ |= made != base[k];
  }
  EXPECT_TRUE(differ) << "the delta does nothing";
}

}  // namespace
}  // namespace weighbridge
