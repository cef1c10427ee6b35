#include "base/relative_path.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RelativePathTest, WhatStaysBelowAFolderIsOne) {
  for (const std::string& text : {std::string("a"), std::string("a/b.bin"), std::string(".hidden"), std::string("a b"), std::string("..."),
                                  std::string("a..b/c"), std::string("ü"), std::string("-f"), std::string(255, 'x')}) {
    const absl::StatusOr<RelativePath> path = RelativePath::Parse(text);
    ASSERT_TRUE(path.ok()) << text << ": " << path.status();
    EXPECT_EQ(path->text(), text);
  }
  const RelativePath path = *RelativePath::Parse("a/b/c");
  EXPECT_THAT(path.components(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(JoinPath("/into", path), "/into/a/b/c");
  EXPECT_EQ(JoinPath("", path), "a/b/c");
}

TEST(RelativePathTest, WhatLeadsElsewhereIsNone) {
  struct Case {
    std::string text;
    std::string why;
  };
  std::string deep = "a";
  for (int i = 0; i < 600; ++i) deep += "/a";
  for (const Case& bad : std::vector<Case>{{"", "empty"},
                                           {"/", "begins"},
                                           {"/etc/passwd", "begins"},
                                           {"a/", "empty"},
                                           {"a//b", "empty"},
                                           {".", "lead elsewhere"},
                                           {"..", "lead elsewhere"},
                                           {"./a", "lead elsewhere"},
                                           {"a/../b", "lead elsewhere"},
                                           {"a/..", "lead elsewhere"},
                                           {"a\\b", "backslash"},
                                           {"..\\a", "backslash"},
                                           {"a\nb", "control"},
                                           {"a\x1b[2J", "control"},
                                           {"a\x7f", "control"},
                                           {std::string("a\0b", 3), "control"},
                                           {"a\xc2\x9b"
                                            "b",
                                            "control"},
                                           {"a\xe2\x80\xa8"
                                            "b",
                                            "control"},
                                           {absl::StrCat("a/", std::string(256, 'x')), "255"},
                                           {deep, "1024"}}) {
    const absl::StatusOr<RelativePath> path = RelativePath::Parse(bad.text);
    EXPECT_TRUE(absl::IsInvalidArgument(path.status())) << bad.text;
    EXPECT_THAT(path.status().message(), HasSubstr(bad.why));
  }
}

absl::Status Check(const std::vector<std::string>& texts) {
  std::vector<RelativePath> paths;
  for (const std::string& text : texts) paths.push_back(*RelativePath::Parse(text));
  return CheckAreFilesOfOneFolder(paths);
}

TEST(RelativePathTest, AFileIsNoFolderOfAnother) {
  EXPECT_TRUE(Check({}).ok());
  EXPECT_TRUE(Check({"a", "b/a", "b/c", "bc"}).ok());
  EXPECT_THAT(Check({"a", "a"}).message(), HasSubstr("named twice"));
  EXPECT_THAT(Check({"a/b/c", "x", "a"}).message(), HasSubstr("below it"));
  EXPECT_THAT(Check({"a/b", "a-b", "a/b/c"}).message(), HasSubstr("below it"));
}

}  // namespace
}  // namespace weighbridge
