#include "fetch/lock/lock_file.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "fetch/address/uri.h"
#include "fetch/lock/queries.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

constexpr char kSha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string Lock(const std::string& file) {
  return absl::StrCat("schema: \"weighbridge.weights_lock.v1\" sources { files { path: \"w\" uri: \"https://x/w\" ", file, " } }");
}

TEST(LockFileTest, R23WhatALockSaysIsChecked) {
  EXPECT_TRUE(ParseWeightsLock(Lock(absl::StrCat("size: 0 sha256: \"", kSha256, "\"")), "x").ok());
  for (const std::string file :
       {"sha256: \"12\"", "sha256: \"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\"", "md5: \"x\"", "git_sha1: \"x\"",
        "size: -1", "mirrors: \"https://y/w\"", "size: 1 chunk_size: 1 chunk_xxh3: \"x\"", "size: 1 chunk_size: 0 chunk_xxh3: \"x\"",
        "refused { sha256_prefix: \"12\" }", "unknown: 1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWeightsLock(Lock(file), "x").status())) << file;
  }
  for (const std::string lock :
       {"", "schema: \"other\"", "schema: \"weighbridge.weights_lock.v1\" sources { files { path: \"../w\" uri: \"https://x/w\" } }",
        "schema: \"weighbridge.weights_lock.v1\" sources { folder: \"/etc\" uri: \"hf://o/m\" }",
        "schema: \"weighbridge.weights_lock.v1\" sources { files { path: \"w\" } }",
        "schema: \"weighbridge.weights_lock.v1\" sources { uri: \"hf://o/m\" files { path: \"w\" } files { path: \"w\" } }"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWeightsLock(lock, "x").status())) << lock;
  }
}

// A lock in which one field has a value: that of a source, a file or the purpose.
std::string LockWith(const std::string& source, const std::string& file, const std::string& purpose) {
  return absl::StrCat("schema: \"weighbridge.weights_lock.v1\" sources { ", source, " files { path: \"w\" uri: \"https://x/w\" size: 3 ",
                      file, " } } ", purpose.empty() ? "" : absl::StrCat("purpose { ", purpose, " }"));
}

TEST(LockFileTest, AStrangersWordsBecomeNoPathAndNoCommand) {
  ASSERT_TRUE(ParseWeightsLock(LockWith("folder: \"a/b\" paddlenlp_model: \"Org/m\" recipe_source: \"blip2\" checkpoint: \"a b\"", "",
                                        "recipe: \"minigpt4\" save_path: \"out\" notes: \"unpack {into}/a.tar.gz\""),
                               "x")
                  .ok());
  const std::vector<std::string> paths = {"..", "../../.ssh", "/etc", "a/../../b", "a//b", "a\\\\b", "./a", "a\\nb", "a/", "\\000"};
  for (const std::string field : {"folder", "checkpoint", "paddlenlp_model", "revision"}) {
    for (const std::string& path : paths) {
      const absl::Status status = ParseWeightsLock(LockWith(absl::StrCat(field, ": \"", path, "\""), "", ""), "x").status();
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << field << " " << path;
      EXPECT_THAT(status.message(), HasSubstr(field == "folder" ? "path" : "")) << path;
    }
  }
  for (const std::string& path : paths) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWeightsLock(LockWith("", "", absl::StrCat("save_path: \"", path, "\"")), "x").status()))
        << path;
  }
  for (const std::string word : {"a b", "minigpt4; id", "$(id)", "--noverify", "a/b", "x.textproto", "`id`", "ü"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWeightsLock(LockWith("", "", absl::StrCat("recipe: \"", word, "\"")), "x").status())) << word;
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWeightsLock(LockWith(absl::StrCat("recipe_source: \"", word, "\""), "", ""), "x").status()))
        << word;
  }
  for (const std::string note : {"a; id", "$(id)", "`id`", "a | sh", "a\\nid", "a > b", "a & b", "'", "\\033[2J", "!x", "~"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWeightsLock(LockWith("", "", absl::StrCat("notes: \"", note, "\"")), "x").status())) << note;
  }
  for (const std::string source :
       {"paddlenlp_model: \".lock\"", "paddlenlp_model: \"a/.b\"", "folder: \"weights.lock\"", "folder: \"a.part\"",
        "files { path: \"w/x\" uri: \"https://x/y\" }", "uri: \"hf://o/m@..%2F..\"", "uri: \"hf://../m\"", "uri: \"hf://o/a--b\""}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWeightsLock(LockWith(source, "", ""), "x").status())) << source;
  }
  for (const std::string uri :
       {"hf://o/m@..%2F..%2Fvictim/w", "hf://o/m@x/..%2Fw", "hf://o/m?x=1", "http://127.0.0.1.example.com/w", "https://u:p@x/w"}) {
    const std::string lock = absl::StrCat("schema: \"weighbridge.weights_lock.v1\" sources { files { path: \"w\" uri: \"", uri, "\" } }");
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWeightsLock(lock, "x").status())) << uri;
  }
}

TEST(LockFileTest, NumbersOfALockCannotOverflow) {
  const auto lock = [](const std::string& file) {
    return absl::StrCat("schema: \"weighbridge.weights_lock.v1\" sources { files { path: \"w\" uri: \"https://x/w\" ", file, " } }");
  };
  const std::string chunk = absl::StrCat("chunk_xxh3: \"", std::string(32, '0'), "\"");
  EXPECT_TRUE(ParseWeightsLock(lock("size: 16 chunk_size: 16 " + chunk), "x").ok());
  EXPECT_TRUE(ParseWeightsLock(lock("size: 17 chunk_size: 16 " + chunk + chunk), "x").ok());
  for (const std::string& file :
       {"size: 9223372036854775807 chunk_size: 9223372036854775807 " + chunk, "size: 9223372036854775807 chunk_size: 16 " + chunk,
        "size: 16 chunk_size: 9223372036854775807 " + chunk, "size: 16 chunk_size: -1 " + chunk, "size: 16 chunk_size: 0 " + chunk,
        "size: 17 chunk_size: 16 " + chunk, "size: 0 chunk_size: 16 " + chunk, std::string("size: 9223372036854775807"),
        std::string("size: 1125899906842625"), std::string("chunk_size: -1"), std::string("size: -9223372036854775808")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWeightsLock(lock(file), "x").status())) << file;
  }
  std::string many = "schema: \"weighbridge.weights_lock.v1\" sources { ";
  for (int i = 0; i < 1025; ++i) absl::StrAppend(&many, "files { path: \"", i, "\" uri: \"https://x/w\" size: 1125899906842624 } ");
  EXPECT_THAT(ParseWeightsLock(many + "}", "x").status().message(), HasSubstr("together"));
}

TEST(LockFileTest, NoQueryIsWrittenAndNoLockThatCannotBeRead) {
  const std::string path = absl::StrCat(testing::TempDir(), "/query.lock");
  WeightsLock lock;
  WeightsSource& source = *lock.add_sources();
  source.set_uri(absl::StrCat("https://x/w?token=secret#sha256=", kSha256));
  LockedFile& file = *source.add_files();
  file.set_path("w");
  file.set_uri("https://x/w?token=secret");
  file.set_sha256(kSha256);
  file.add_mirrors("https://y/w?token=secret");
  ASSERT_TRUE(WriteWeightsLock(lock, path).ok());
  const absl::StatusOr<WeightsLock> read = ReadWeightsLock(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->DebugString(), testing::Not(HasSubstr("secret")));
  EXPECT_EQ(read->sources(0).uri(), absl::StrCat("https://x/w#sha256=", kSha256));
  EXPECT_EQ(read->sources(0).files(0).uri(), "https://x/w");
  EXPECT_TRUE(read->sources(0).files(0).had_query());
  *source.add_files() = source.files(0);
  EXPECT_TRUE(absl::IsInvalidArgument(WriteWeightsLock(lock, path)));
  EXPECT_EQ(ReadWeightsLock(path)->sources(0).files_size(), 1);
}

TEST(QueriesTest, OfOneAddressThereIsOne) {
  Queries queries;
  Uri uri = *ParseUri("https://x/w?a=1");
  ASSERT_TRUE(TakeQuery(uri, queries).ok());
  EXPECT_EQ(queries.at("https://x/w"), "a=1");
  EXPECT_EQ(uri.query, "");
  Uri same = *ParseUri("https://x/w?a=1");
  EXPECT_TRUE(TakeQuery(same, queries).ok());
  Uri other = *ParseUri("https://x/w?a=2");
  EXPECT_TRUE(absl::IsInvalidArgument(TakeQuery(other, queries)));
}

}  // namespace
}  // namespace weighbridge
