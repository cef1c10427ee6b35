#include "convert/convert_testing.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() : path_((fs::path(testing::TempDir()) / "convert.XXXXXX").string()) {
  EXPECT_NE(mkdtemp(path_.data()), nullptr) << path_;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TemporaryFolder::PathOf(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

std::string TemporaryFolder::Write(absl::string_view name, absl::string_view bytes) const {
  std::string path = PathOf(name);
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::map<std::string, std::string> FilesBelow(const std::string& folder) {
  std::map<std::string, std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    files[entry.path().lexically_relative(folder).string()] = bytes.str();
  }
  return files;
}

std::string TensorsFile(const std::vector<std::pair<std::string, std::vector<float>>>& tensors) {
  std::string header;
  std::string data;
  for (const auto& [name, values] : tensors) {
    const size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    absl::StrAppend(&header, header.empty() ? "{" : ",", "\"", name, R"(":{"dtype":"F32","shape":[)", values.size(), "],\"data_offsets\":[",
                    begin, ",", data.size(), "]}");
  }
  absl::StrAppend(&header, "}");
  const auto size = static_cast<uint64_t>(header.size());
  return absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&size), sizeof(size)), header, data);
}

Recipe RecipeOf(const std::string& text) {
  Recipe recipe;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &recipe)) << text;
  return recipe;
}

Recipe CopyRecipe() {
  return RecipeOf(R"(name: "copy" sources { id: "m" description: "any" }
                     sections { source: "m" takes { match: "*" keep_tensor_name: true } })");
}

PlanSource SourceAt(const std::string& id, const std::string& path) {
  absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(path);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
  return {.id = id, .checkpoint = std::make_shared<const Checkpoint>(*std::move(checkpoint))};
}

}  // namespace weighbridge
