#include "recipe/compile_testing.h"

#include <cassert>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "google/protobuf/text_format.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"

namespace weighbridge {

PlanSource MakeSource(const std::string& id, const std::vector<Zeros>& tensors, Facts facts,
                      const std::map<std::string, std::string>& files) {
  Checkpoint checkpoint;
  checkpoint.path = absl::StrCat(id, ".bin");
  checkpoint.facts = std::move(facts);
  for (const Zeros& stored : tensors) {
    ByteSourcePtr bytes = MakeMemorySource(checkpoint.path, std::string(*ByteSize(stored.spec), '\0'));
    const absl::Status status = checkpoint.Add({stored.name, *StoredTensor::CreateRowMajor(stored.spec, bytes, 0), stored.tensor_name});
    assert(status.ok());
  }
  using Role = CheckpointFile::Role;
  for (const auto& [name, bytes] : files) {
    const std::string path = absl::StrCat(id, "/", name);
    checkpoint.files.push_back(
        {absl::EndsWith(name, "config.json") ? Role::kConfig : Role::kTokenizer, path, MakeMemorySource(path, bytes)});
  }
  return {.id = id, .checkpoint = std::make_shared<const Checkpoint>(std::move(checkpoint))};
}

std::string TokenizerModel(const std::vector<std::string>& pieces) {
  // ModelProto: 1 = SentencePiece: 1 = its text, 3 = its type, of which 2 is the unknown piece. Lengths below 128 are one byte.
  std::string model;
  for (const std::string& piece : pieces) {
    std::string message = absl::StrCat("\n", std::string(1, static_cast<char>(piece.size())), piece);
    if (model.empty()) absl::StrAppend(&message, "\x18\x02");
    absl::StrAppend(&model, "\n", std::string(1, static_cast<char>(message.size())), message);
  }
  return model;
}

Recipe ParseRecipe(const std::string& text) {
  Recipe recipe;
  const bool parsed = google::protobuf::TextFormat::ParseFromString(absl::StrCat("name: 'test' ", text), &recipe);
  assert(parsed);
  return recipe;
}

absl::StatusOr<Plan> CompileText(const std::string& text, const std::vector<PlanSource>& sources, const CompileOptions& options) {
  return Compile(ParseRecipe(text), sources, options);
}

std::vector<std::string> Outputs(const Plan& plan) {
  std::vector<std::string> outputs;
  for (const PlannedTensor& output : plan.outputs) {
    outputs.push_back(absl::StrCat(output.name, " = ", ToString(*output.expr),
                                   output.tensor_name.empty() ? "" : absl::StrCat(" (", output.tensor_name, ")")));
  }
  return outputs;
}

std::vector<std::string> Dropped(const Plan& plan) {
  std::vector<std::string> dropped;
  for (const DroppedTensor& tensor : plan.dropped) dropped.push_back(absl::StrCat(tensor.source, "/", tensor.name, ": ", tensor.reason));
  return dropped;
}

}  // namespace weighbridge
