#ifndef WEIGHBRIDGE_VERIFY_JUDGE_TESTING_H_
#define WEIGHBRIDGE_VERIFY_JUDGE_TESTING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/judge.h"

namespace weighbridge {

// For tests of judging and auditing.

// A tensor as a file holds it.
struct Stored {
  std::string name;
  TensorSpec spec;
  std::string bytes;  // Row-major.
  std::string tensor_name;
};

// A checkpoint of one file in which the tensors' bytes follow each other, behind `header`.
Checkpoint MakeCheckpoint(const std::string& path, const std::vector<Stored>& tensors, const std::string& header = "");

// Finite float32 values, no two neighbours alike.
std::string Floats(int64_t count, uint32_t seed);

// All elements, by the reference evaluation.
std::string ValueOf(const Expr& expr);

// A small conversion with every kind of operation, and the file that it should give.
class JudgeTest : public testing::Test {
 protected:
  JudgeTest();

  void AddOutput(const std::string& name, const ExprPtr& expr);
  // The source's tensor.
  ExprPtr ReadSource(const std::string& name) const;
  // The position of an output.
  size_t Number(const std::string& name) const;

  Manifest JudgeFile(const std::vector<Stored>& tensors, const JudgeOptions& options = {});
  // The findings about a file that differs from the good one.
  std::vector<std::string> FindingsOf(const std::vector<Stored>& tensors);

  Plan plan_;
  std::vector<Stored> good_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_JUDGE_TESTING_H_
