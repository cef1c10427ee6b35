#include "fetch/hub/hub_transport.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fetch/address/uri.h"
#include "fetch/address/url.h"
#include "fetch/http/http_client.h"
#include "fetch/retry.h"
#include "fetch/testing/fake_http_client.h"
#include "fetch/transport.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

constexpr char kCommit[] = "0123456789abcdef0123456789abcdef01234567";

FakeAnswer ListingOf(const std::string& commit) {
  const std::string body = absl::StrCat(R"({"sha": ")", commit, R"(", "siblings": [{"rfilename": "a b/w.bin", "size": 10},)",
                                        R"( {"rfilename": "config.json", "size": 2}]})");
  return {.status = 200, .headers = {{"content-type", "application/json"}}, .body = body};
}

FakeAnswer Refusal(int status, const std::string& code, const std::string& message = "") {
  return {.status = status, .headers = {{"x-error-code", code}, {"x-error-message", message}}};
}

absl::StatusOr<Listing> List(FakeHttpClient& client, const std::string& address, const std::string& token = "") {
  HubTransport transport(client, *ParseUrl("https://mirror.example/hub/"), token);
  return transport.List(*ParseUri(address));
}

TEST(HubTransportTest, OneRequestListsARevisionOfARepository) {
  FakeHttpClient client({ListingOf(kCommit)});
  const absl::StatusOr<Listing> listing = List(client, "hf://org/model@refs%2Fpr%2F1");
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->files.size(), 2);
  ASSERT_EQ(client.requests().size(), 1);
  EXPECT_EQ(client.requests()[0].url.ToString(), "https://mirror.example/hub/api/models/org/model/revision/refs%2Fpr%2F1?blobs=true");
}

TEST(HubTransportTest, OneFileOfAListingIsChosen) {
  FakeHttpClient client({ListingOf(kCommit), ListingOf(kCommit)});
  const absl::StatusOr<Listing> listing = List(client, "hf://org/model@main/config.json");
  ASSERT_TRUE(listing.ok()) << listing.status();
  ASSERT_EQ(listing->files.size(), 1);
  EXPECT_EQ(listing->files[0].path, "config.json");
  EXPECT_TRUE(absl::IsNotFound(List(client, "hf://org/model@main/none").status()));
}

TEST(HubTransportTest, AnotherCommitThanTheAskedOneIsNotTaken) {
  FakeHttpClient client({ListingOf(kCommit)});
  EXPECT_TRUE(absl::IsDataLoss(List(client, absl::StrCat("hf://org/model@", std::string(40, 'f'))).status()));
}

TEST(HubTransportTest, WhatIsNoListingNamesTheAddress) {
  FakeHttpClient client({FakeAnswer{.status = 200, .body = "{}"}});
  const absl::Status status = List(client, "hf://org/model").status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(status.message(), HasSubstr("https://mirror.example/hub/api/models/org/model/revision/main: "));
}

TEST(HubTransportTest, R2TheTokenGoesToTheHubAndNowhereElse) {
  const std::string data = "0123456789";
  FakeHttpClient client([&](const HttpRequest& request) {
    if (request.url.host == "cdn.example") return AnswerWithFile(request, data, "\"a\"");
    return FakeAnswer{.status = 302, .headers = {{"location", "https://cdn.example/blob"}}};
  });
  HubTransport transport(client, *ParseUrl("https://mirror.example"), "hf_token");
  const RemoteFile file{.path = "a b/w.bin", .uri = HubUri("org/model", kCommit, "a b/w.bin"), .size = 10, .hashes = {}};
  const std::unique_ptr<RemoteReader> reader = transport.Open(file);
  ASSERT_TRUE(reader
                  ->Read(
                      {.range = {.begin = 0, .end = 10}, .whole = true, .validator = ""}, [](const BodyStart&) { return absl::OkStatus(); },
                      [](absl::string_view) { return absl::OkStatus(); })
                  .ok());
  const std::vector<HttpRequest> sent = client.requests();
  ASSERT_EQ(sent.size(), 2);
  EXPECT_EQ(sent[0].url.path, absl::StrCat("/org/model/resolve/", kCommit, "/a%20b/w.bin"));
  EXPECT_EQ(HeaderOf(sent[0], "Authorization"), "Bearer hf_token");
  EXPECT_EQ(HeaderOf(sent[1], "Authorization"), "");
}

TEST(HubTransportTest, FailuresSayWhatTheUserCanDo) {
  const auto failure = [](FakeAnswer answer, const std::string& token = "") {
    FakeHttpClient client({std::move(answer)});
    return List(client, "hf://org/model", token).status();
  };
  const absl::Status gated = failure(Refusal(403, "GatedRepo"));
  EXPECT_TRUE(absl::IsPermissionDenied(gated));
  EXPECT_THAT(gated.message(), HasSubstr("accept its terms at https://mirror.example/hub/org/model and set HF_TOKEN"));
  EXPECT_THAT(failure(Refusal(401, "", "Invalid credentials in Authorization header")).message(), HasSubstr("does not know the token"));
  EXPECT_TRUE(absl::IsNotFound(failure(Refusal(404, "RevisionNotFound"))));
  EXPECT_TRUE(absl::IsNotFound(failure(Refusal(404, "EntryNotFound"))));
  for (const FakeAnswer& absent : {Refusal(401, "RepoNotFound"), Refusal(401, "")}) {
    EXPECT_TRUE(absl::IsNotFound(failure(absent)));
    EXPECT_THAT(failure(absent).message(), HasSubstr("repository org/model does not exist, or is private and needs HF_TOKEN"));
    EXPECT_THAT(failure(absent, "hf_token").message(), HasSubstr("the token of HF_TOKEN may not see it"));
  }
}

TEST(HubTransportTest, R16AUsedUpRateLimitSaysWhenItIsReset) {
  FakeAnswer busy = Refusal(429, "");
  busy.headers.emplace("ratelimit", R"("api";r=0;t=123)");
  FakeAnswer left = Refusal(429, "");
  left.headers.emplace("ratelimit", R"("api";r=7;t=123)");
  FakeHttpClient client({busy, left});
  EXPECT_EQ(RetryAfter(List(client, "hf://org/model").status()), absl::Seconds(124));
  EXPECT_EQ(RetryAfter(List(client, "hf://org/model").status()), std::nullopt);
}

}  // namespace
}  // namespace weighbridge
