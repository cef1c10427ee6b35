#include "base/status.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(AnnotateTest, PutsTheContextInFrontAndKeepsCodeAndPayloads) {
  absl::Status status = absl::DataLossError("offset 96 + 128 exceeds 200");
  status.SetPayload("type", absl::Cord("payload"));
  const absl::Status annotated = Annotate(status, "storage 7");
  EXPECT_EQ(annotated.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(annotated.message(), "storage 7: offset 96 + 128 exceeds 200");
  EXPECT_EQ(annotated.GetPayload("type"), absl::Cord("payload"));
}

TEST(AnnotateTest, LeavesSuccessAlone) {
  EXPECT_TRUE(Annotate(absl::OkStatus(), "storage 7").ok());
}

absl::Status Leave(const absl::Status& status, int& after) {
  RETURN_IF_ERROR(status);
  ++after;
  RETURN_IF_ERROR(status, Annotate(_, "never"));
  return absl::OkStatus();
}

TEST(ReturnIfErrorTest, LeavesWithTheFailureAndGoesOnWithSuccess) {
  int after = 0;
  EXPECT_EQ(Leave(absl::NotFoundError("gone"), after), absl::NotFoundError("gone"));
  EXPECT_EQ(after, 0);
  EXPECT_TRUE(Leave(absl::OkStatus(), after).ok());
  EXPECT_EQ(after, 1);
}

absl::StatusOr<std::string> Context(int& evaluated, const absl::Status& status) {
  RETURN_IF_ERROR(status, Annotate(_, std::to_string(++evaluated)));
  return "done";
}

TEST(ReturnIfErrorTest, EvaluatesTheSecondArgumentForFailuresOnly) {
  int evaluated = 0;
  EXPECT_TRUE(Context(evaluated, absl::OkStatus()).ok());
  EXPECT_EQ(evaluated, 0);
  EXPECT_EQ(Context(evaluated, absl::NotFoundError("gone")).status(), absl::NotFoundError("1: gone"));
}

absl::StatusOr<int> Sum(absl::StatusOr<std::unique_ptr<int>> left, const absl::StatusOr<int>& right) {
  ASSIGN_OR_RETURN(const std::unique_ptr<int> first, std::move(left));
  int second = 0;
  ASSIGN_OR_RETURN(second, right, Annotate(_, "right"));
  return *first + second;
}

TEST(AssignOrReturnTest, TakesTheValueOrLeaves) {
  EXPECT_EQ(Sum(std::make_unique<int>(1), 2).value(), 3);
  EXPECT_EQ(Sum(absl::NotFoundError("left"), 2).status(), absl::NotFoundError("left"));
  EXPECT_EQ(Sum(std::make_unique<int>(1), absl::NotFoundError("gone")).status(), absl::NotFoundError("right: gone"));
}

}  // namespace
}  // namespace weighbridge
