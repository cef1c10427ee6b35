#include "fetch/drive/drive_page.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "fetch/address/url.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

TEST(DrivePageTest, OnlyTheWarningsOwnFormIsFollowed) {
  const Url url = *ParseUrl("https://drive.usercontent.google.com/download?id=1");
  const auto page = [](const std::string& action) {
    return absl::StrCat("<form id=\"x\" action=\"", action,
                        "\" method=\"get\"><input type=\"submit\" value=\"y\"/><input type=\"hidden\" name=\"id\" value=\"1\">"
                        "<input type=\"hidden\" name=\"at\" value=\"a&amp;b&quot;\"></form>");
  };
  const absl::StatusOr<Url> next = AfterDrivePage(url, 200, url.Origin(), page("https://drive.usercontent.google.com/download"));
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->query, "id=1&at=a%26b%22");
  for (const std::string action : {"https://evil.example/download", "http://drive.usercontent.google.com/download", "/signin"}) {
    EXPECT_FALSE(AfterDrivePage(url, 200, url.Origin(), page(action)).ok()) << action;
  }
}

TEST(DrivePageTest, OtherPagesSayWhyThereIsNoFile) {
  const Url url = *ParseUrl("https://drive.usercontent.google.com/download?id=1");
  const auto failure = [&](int status, const std::string& page) { return AfterDrivePage(url, status, url.Origin(), page).status(); };
  EXPECT_TRUE(absl::IsNotFound(failure(404, "<html>")));
  const absl::Status quota = failure(200, "<p class=\"uc-error-subcaption\">Sorry</p> Quota exceeded");
  EXPECT_TRUE(absl::IsFailedPrecondition(quota));
  EXPECT_THAT(quota.message(), HasSubstr("--check will take it"));
  const absl::Status denied = failure(200, "<p class=\"uc-error-subcaption\">Only owner and editors &amp; co</p>");
  EXPECT_TRUE(absl::IsPermissionDenied(denied));
  EXPECT_THAT(denied.message(), HasSubstr("owner and editors & co"));
  EXPECT_TRUE(absl::IsPermissionDenied(failure(200, "<a href=\"https://accounts.google.com/x\">")));
  EXPECT_TRUE(absl::IsFailedPrecondition(failure(200, "\x1b[2J")));
}

}  // namespace
}  // namespace weighbridge
