#include "fetch/address/url.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(UrlTest, R18MessagesShowNoSecrets) {
  EXPECT_EQ(ForMessages("https://cdn/x/y?Signature=secret#f"), "https://cdn/x/y");
  EXPECT_EQ(ForMessages("http://user:secret@proxy:80/x"), "http://proxy:80/x");
  EXPECT_EQ(ForMessages("http://user:se?c/r#et@proxy:80/x?y"), "http://proxy:80/x");
  EXPECT_EQ(ForMessages("hf://org/model@main/x"), "hf://org/model@main/x");
  const Url url = *ParseUrl("https://x/w?Signature=a%2Fsecret&n=1");
  EXPECT_EQ(WithoutSecrets("no /w?Signature=a%2Fsecret&n=1 here", url), "no /w?... here");
  EXPECT_EQ(WithoutSecrets("Signature=a%2Fsecret", url), "...");
  EXPECT_EQ(WithoutSecrets("<Sig>a/secret</Sig> 1", url), "<Sig>...</Sig> 1");
}

TEST(UrlTest, R4PlainHttpGoesToThisMachineOnly) {
  for (const std::string good :
       {"http://127.0.0.1/", "http://127.8.9.1:80/", "http://localhost/", "http://LOCALHOST:1/", "http://[::1]:8/", "https://x/"}) {
    EXPECT_TRUE(CheckMayBePlain(*ParseUrl(good)).ok()) << good;
  }
  for (const std::string bad :
       {"http://127.0.0.1.example.invalid/", "http://127.x/", "http://128.0.0.1/", "http://localhost.evil/", "http://x.localhost/",
        "http://[::2]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://10.0.0.1/", "http://127.0.0.1./"}) {
    const absl::StatusOr<Url> url = ParseUrl(bad);
    EXPECT_TRUE(!url.ok() || absl::IsFailedPrecondition(CheckMayBePlain(*url))) << bad;
  }
}

TEST(UrlTest, ReferencesAreResolvedWithTheirQuery) {
  const Url base = *ParseUrl("https://hub/a/b?x=1");
  EXPECT_EQ(ResolveReference(base, "/c?etag=%22q%22")->ToString(), "https://hub/c?etag=%22q%22");
  EXPECT_EQ(ResolveReference(base, "https://cdn:444/d")->Origin(), "https://cdn:444");
  EXPECT_FALSE(ResolveReference(base, "file:///etc/passwd").ok());
  EXPECT_NE(ParseUrl("https://h:1/")->Origin(), ParseUrl("https://h:2/")->Origin());
}

}  // namespace
}  // namespace weighbridge
