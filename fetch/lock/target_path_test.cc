#include "fetch/lock/target_path.h"

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(TargetPathTest, R34NamesFromOutsideStayBelowAFolderAndAreNotOurs) {
  for (const std::string good : {"a", "a/b.bin", ".hidden", "a b", "ü", "part", "w.party", "weights.lock.txt", "bad", ".a.partial.bin"}) {
    EXPECT_TRUE(ParseTargetPath(good).ok()) << good;
  }
  for (const std::string bad : {"",
                                "/a",
                                "a/",
                                "a//b",
                                "..",
                                "a/../b",
                                "./a",
                                "a\\b",
                                "a\nb",
                                "w.part",
                                "w.part.journal",
                                "w.PART.lock",
                                "w.part/x",
                                "weights.lock",
                                "sub/Weights.LOCK",
                                "weights.lock/x",
                                "w.bad",
                                "w.BAD",
                                ".git/config",
                                "a/.GIT/hooks/x",
                                ".w.x.partial"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseTargetPath(bad).status())) << bad;
  }
  EXPECT_FALSE(ParseTargetPath(std::string("a\0b", 3)).ok());
}

}  // namespace
}  // namespace weighbridge
