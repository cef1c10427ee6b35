#ifndef WEIGHBRIDGE_CONVERT_CONVERT_TESTING_H_
#define WEIGHBRIDGE_CONVERT_CONVERT_TESTING_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "expr/plan.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

// For tests of conversions, which happen between files.

// A folder of a test's own, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Of what is called `name` in it; `name` may have several parts.
  std::string PathOf(absl::string_view name) const;

  // Writes a file, and the folders above it where they are missing, and returns its path.
  std::string Write(absl::string_view name, absl::string_view bytes) const;

 private:
  std::string path_;
};

// The bytes of every regular file below `folder`, hidden ones too, by its path from there; none where there is no such folder.
std::map<std::string, std::string> FilesBelow(const std::string& folder);

// The bytes of a .safetensors with float32 tensors of one axis.
std::string TensorsFile(const std::vector<std::pair<std::string, std::vector<float>>>& tensors);

// A recipe from its text, which must be valid.
Recipe RecipeOf(const std::string& text);

// The recipe that takes all tensors of its one source, "m", as they are.
Recipe CopyRecipe();

// The checkpoint at `path`, which must be there.
PlanSource SourceAt(const std::string& id, const std::string& path);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_CONVERT_TESTING_H_
