#include "fetch/sets/sets.h"

#include "absl/status/statusor.h"
#include "base/embedded_file.h"
#include "fetch/sets/embedded_sets.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

TEST(SetsTest, EverySetIsALockWhoseSourcesAreKnown) {
  for (const EmbeddedFile& set : EmbeddedSets()) {
    const absl::StatusOr<WeightsLock> lock = LoadSet(set.name);
    ASSERT_TRUE(lock.ok()) << lock.status();
    EXPECT_FALSE(lock->purpose().recipe().empty());
    for (const WeightsSource& source : lock->sources()) {
      for (const LockedFile& file : source.files()) {
        EXPECT_TRUE(file.mirrors().empty() || !file.sha256().empty()) << file.path();
      }
    }
    for (const DeadAddress& dead : lock->dead_addresses()) EXPECT_THAT(AdviceOn(dead.uri() + "@main"), HasSubstr(dead.instead()));
  }
  EXPECT_EQ(AdviceOn("hf://some/other"), "");
}

}  // namespace
}  // namespace weighbridge
