#include "verify/judge_testing.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "expr/expr.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/judge.h"
#include "verify/manifest/manifest.h"
#include "verify/reference/evaluate.h"
#include "verify/reference/scratch.h"

namespace weighbridge {

Checkpoint MakeCheckpoint(const std::string& path, const std::vector<Stored>& tensors, const std::string& header) {
  std::string bytes = header;
  for (const Stored& tensor : tensors) bytes += tensor.bytes;
  const ByteSourcePtr file = MakeMemorySource(path, bytes);
  Checkpoint checkpoint;
  checkpoint.path = path;
  checkpoint.format = "memory";
  checkpoint.files = {{CheckpointFile::Role::kWeights, path, file}};
  auto offset = static_cast<int64_t>(header.size());
  for (const Stored& tensor : tensors) {
    EXPECT_TRUE(checkpoint.Add({tensor.name, *StoredTensor::CreateRowMajor(tensor.spec, file, offset), tensor.tensor_name}).ok());
    offset += static_cast<int64_t>(tensor.bytes.size());
  }
  return checkpoint;
}

std::string Floats(int64_t count, uint32_t seed) {
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) {
    seed = seed * 1664525 + 1013904223;
    value = static_cast<float>(static_cast<int32_t>(seed)) * 0x1p-31F;
  }
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

std::string ValueOf(const Expr& expr) {
  const int64_t elements = *ElementCount(expr.spec().shape);
  std::string bytes(static_cast<size_t>(elements * ItemSize(expr.spec().dtype)), '\0');
  Scratch scratch(EvaluationBytes(expr, elements));
  EXPECT_TRUE(Evaluate(expr, WholeRegion(expr.spec().shape), absl::MakeSpan(bytes.data(), bytes.size()), scratch).ok());
  return bytes;
}

JudgeTest::JudgeTest() {
  const std::vector<Stored> stored = {{"norm", {DType::kFloat32, {5}}, Floats(5, 1), ""},
                                      {"square", {DType::kFloat32, {33, 33}}, Floats(int64_t{33} * 33, 2), ""},
                                      {"same_shape", {DType::kFloat32, {33, 33}}, Floats(int64_t{33} * 33, 3), ""},
                                      {"wide", {DType::kFloat32, {40, 700}}, Floats(int64_t{40} * 700, 4), ""},
                                      {"ids", {DType::kInt64, {2, 3}}, std::string(48, '\1'), ""},
                                      {"scale", {DType::kFloat32, {}}, Floats(1, 5), ""},
                                      {"unused", {DType::kFloat16, {2}}, "abcd", ""}};
  auto source = std::make_shared<Checkpoint>(MakeCheckpoint("/some/where/weights.bin", stored));
  source->files.push_back({CheckpointFile::Role::kConfig, "/some/where/config.json", MakeMemorySource("config", "{}")});
  plan_.recipe.set_name("example");
  plan_.recipe.add_sources()->set_id("model");
  plan_.sources = {{"model", source}};
  plan_.used = 6;
  plan_.dropped = {{"model", "unused", {DType::kFloat16, {2}}, "no consumer reads it"}};
  AddOutput("norm", ReadSource("norm"));
  AddOutput("square.weight", *Permute(*Cast(ReadSource("square"), DType::kFloat16), {1, 0}));
  AddOutput("same.weight", *Cast(ReadSource("same_shape"), DType::kFloat16));
  AddOutput("wide.weight", *Permute(*Cast(ReadSource("wide"), DType::kFloat16), {1, 0}));
  AddOutput("padded", *Pad(ReadSource("square"), {40, 35}, {{3, 36}, {1, 34}}));
  AddOutput("joined", *Concat({ReadSource("square"), ReadSource("same_shape")}, 1));
  AddOutput("ids", ReadSource("ids"));
  AddOutput("sum", *Add(*Cast(ReadSource("square"), DType::kFloat16), *Cast(ReadSource("same_shape"), DType::kFloat16)));
  AddOutput("scale", ReadSource("scale"));
}

void JudgeTest::AddOutput(const std::string& name, const ExprPtr& expr) {
  plan_.outputs.push_back({name, expr, name + "_0"});
  good_.push_back({name, expr->spec(), ValueOf(*expr), name + "_0"});
}

ExprPtr JudgeTest::ReadSource(const std::string& name) const {
  return Read("model/" + name, plan_.sources[0].checkpoint->Find(name)->tensor);
}

size_t JudgeTest::Number(const std::string& name) const {
  const auto place = std::find_if(good_.begin(), good_.end(), [&](const Stored& stored) { return stored.name == name; });
  return static_cast<size_t>(place - good_.begin());
}

Manifest JudgeTest::JudgeFile(const std::vector<Stored>& tensors, const JudgeOptions& options) {
  absl::StatusOr<Manifest> manifest = Judge(plan_, MakeCheckpoint("/out/put/merged.bin", tensors), options);
  EXPECT_TRUE(manifest.ok()) << manifest.status();
  return manifest.ok() ? *manifest : Manifest();
}

std::vector<std::string> JudgeTest::FindingsOf(const std::vector<Stored>& tensors) {
  const Manifest manifest = JudgeFile(tensors);
  EXPECT_EQ(manifest.verdict(), Manifest::VERDICT_DIFFERS);
  return Findings(manifest);
}

}  // namespace weighbridge
