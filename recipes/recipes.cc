#include "recipes/recipes.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/embedded_file.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "recipes/embedded_recipes.h"

namespace weighbridge {
namespace {

constexpr int64_t kMaxRecipeBytes = int64_t{16} << 20;
// Messages inside each other: steps of what is added, modules.
constexpr int kMaxNesting = 100;

// Keeps the first error, which is the cause of those after it.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (message_.empty()) message_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

}  // namespace

std::vector<std::string> EmbeddedRecipeNames() {
  std::vector<std::string> names;
  for (const EmbeddedFile& recipe : EmbeddedRecipes()) names.emplace_back(recipe.name);
  return names;
}

std::string RecipeToConsolidate(absl::string_view architecture) {
  for (const EmbeddedFile& embedded : EmbeddedRecipes()) {
    absl::StatusOr<Recipe> recipe = ParseRecipe(embedded.text, embedded.name);
    if (recipe.ok() && !architecture.empty() && recipe->consolidates() == architecture) return recipe->name();
  }
  return "";
}

absl::StatusOr<Recipe> ParseRecipe(absl::string_view text, absl::string_view origin) {
  Recipe recipe;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(kMaxNesting);
  if (!parser.ParseFromString(std::string(text), &recipe)) {
    return absl::InvalidArgumentError(absl::StrCat("recipe ", origin, ":", error.message()));
  }
  return recipe;
}

absl::StatusOr<Recipe> LoadRecipe(absl::string_view name_or_path) {
  for (const EmbeddedFile& recipe : EmbeddedRecipes()) {
    if (recipe.name == name_or_path) return ParseRecipe(recipe.text, recipe.name);
  }
  absl::StatusOr<ByteSourcePtr> file = OpenFile(std::string(name_or_path));
  if (absl::IsNotFound(file.status())) {
    return absl::NotFoundError(absl::StrCat("recipe \"", name_or_path, "\": there is no file of that name, and the embedded recipes are ",
                                            absl::StrJoin(EmbeddedRecipeNames(), ", ")));
  }
  if (!file.ok()) return file.status();
  ASSIGN_OR_RETURN(std::string text, ReadAll(**file, kMaxRecipeBytes));
  return ParseRecipe(text, name_or_path);
}

}  // namespace weighbridge
