#include "fetch/http/head_parser.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "fetch/http/http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

// The head that these lines make, which the last of them completes.
absl::StatusOr<HttpHead> Parse(const std::vector<std::string>& lines) {
  HeadParser parser;
  bool complete = false;
  for (const std::string& line : lines) {
    const absl::StatusOr<bool> added = parser.Add(line);
    if (!added.ok()) return added.status();
    complete = *added;
  }
  if (!complete || !parser.done()) return absl::UnavailableError("the head is not complete");
  return parser.head();
}

TEST(HeadParserTest, NamesAreLowerCaseAndValuesStripped) {
  const absl::StatusOr<HttpHead> head =
      Parse({"HTTP/1.1 206 Partial Content\r\n", "ETag: \"a:b\" \r\n", "X-A:1\r\n", "x-a: 2\r\n", "\r\n"});
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->status, 206);
  EXPECT_EQ(head->Find("etag"), "\"a:b\"");
  EXPECT_EQ(head->Find("x-a"), "1");
  EXPECT_EQ(head->headers.count("x-a"), 2);
  EXPECT_EQ(head->Find("none"), "");
}

TEST(HeadParserTest, AnInterimAnswerIsReplaced) {
  const absl::StatusOr<HttpHead> head = Parse({"HTTP/1.1 100 Continue", "x: 1", "", "HTTP/1.1 200 OK", "y: 2", ""});
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->Find("x"), "");
}

TEST(HeadParserTest, TrailersSayNothing) {
  HeadParser parser;
  for (const std::string line : {"HTTP/1.1 200 OK", "etag: \"a\""}) ASSERT_FALSE(*parser.Add(line));
  EXPECT_TRUE(*parser.Add(""));
  for (const std::string line : {"HTTP/1.1 404 No", "etag: \"b\"", ""}) EXPECT_FALSE(*parser.Add(line));
  EXPECT_EQ(parser.head().status, 200);
  EXPECT_EQ(parser.head().Find("etag"), "\"a\"");
}

TEST(HeadParserTest, WhatIsNoHeaderIsIgnored) {
  EXPECT_EQ(Parse({"HTTP/1.1 200 OK", "no colon", ": no name", ""})->Find("no colon"), "");
  EXPECT_EQ(Parse({"HTTP/1.1 x", ""})->status, 0);
  EXPECT_EQ(Parse({"HTTP/1.1", ""})->status, 0);
}

TEST(HeadParserTest, R1AnEncodedAnswerIsRefused) {
  EXPECT_TRUE(Parse({"HTTP/1.1 200 OK", "Content-Encoding: Identity", ""}).ok());
  const absl::Status status = Parse({"HTTP/1.1 200 OK", "Content-Encoding: gzip", ""}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.message(), HasSubstr("sent \"gzip\" instead"));
}

TEST(HeadParserTest, HeadersWithoutAnEndAreCut) {
  HeadParser many;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(many.Add(absl::StrCat("x-", i, ": 1")).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(many.Add("x: 1").status()));
  HeadParser large;
  ASSERT_TRUE(large.Add(std::string(size_t{256} << 10, 'x')).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(large.Add("x").status()));
}

}  // namespace
}  // namespace weighbridge
