#include "fetch/address/uri.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

TEST(UriTest, AddressesHaveOneSpelling) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"hf://org/model", "hf://org/model"},
      {"hf://org/model@refs%2Fpr%2F1/sub/a b.bin", "hf://org/model@refs%2Fpr%2F1/sub/a%20b.bin"},
      {"https://huggingface.co/org/model", "hf://org/model"},
      {"https://hf.co/org/model/resolve/main/sub/w.bin", "hf://org/model@main/sub/w.bin"},
      {"https://huggingface.co/org/model/blob/main/w.bin", "hf://org/model@main/w.bin"},
      {"gdrive://1RY9-_x", "gdrive://1RY9-_x"},
      {"https://drive.google.com/file/d/1RY9/view?usp=sharing", "gdrive://1RY9"},
      {"https://drive.google.com/file/u/0/d/1RY9", "gdrive://1RY9"},
      {"https://drive.google.com/uc?export=download&id=1RY9", "gdrive://1RY9"},
      {"https://drive.usercontent.google.com/download?id=1RY9", "gdrive://1RY9"},
      {"hf://gpt2", "hf://gpt2"},
      {"hf://gpt2@main", "hf://gpt2@main"},
      {"hf://gpt2@main/sub/config.json", "hf://gpt2@main/sub/config.json"},
      {"https://huggingface.co/gpt2", "hf://gpt2"},
      {"https://huggingface.co/gpt2/resolve/main/config.json?download=true", "hf://gpt2@main/config.json"},
      {"https://huggingface.co/gpt2/tree/main", "hf://gpt2@main"},
      {"https://huggingface.co/org/model/tree/main/sub", "hf://org/model@main/sub"},
      {"HTTPS://Example.COM:443/a%20b?q=1", "https://example.com/a%20b"},
      {"https://x/w?X-Amz-Signature=secret#token=secret", "https://x/w"},
      {"http://127.0.0.1:8000/w.bin", "http://127.0.0.1:8000/w.bin"},
      {"file://localhost/a%20b", "file:///a%20b"},
      {"/a/../b", "file:///b"},
  };
  for (const auto& [text, wanted] : cases) {
    const absl::StatusOr<Uri> uri = ParseUri(text);
    ASSERT_TRUE(uri.ok()) << text << ": " << uri.status();
    EXPECT_EQ(uri->ToString(), wanted);
    EXPECT_EQ(ParseUri(uri->ToString())->ToString(), wanted);
  }
}

TEST(UriTest, WhatIsNoAddressIsRefused) {
  for (const std::string text : {"hf://",
                                 "hf://org/",
                                 "hf://@main",
                                 "hf://gpt2@",
                                 "hf://gpt2@/x",
                                 "hf://..",
                                 "hf://../x",
                                 "hf://a--b",
                                 "hf://-a",
                                 "hf://a.",
                                 "hf://o/m/f?token=secret",
                                 "hf://o/m#token=secret",
                                 "file:///a?token=secret",
                                 "https://huggingface.co/datasets/squad",
                                 "https://huggingface.co/resolve/main/x",
                                 "http://u:secret@127.0.0.1/w",
                                 "http://example.com/w?token=secret",
                                 "http://127.0.0.1.example.com/w",
                                 "http://127.evil/w",
                                 "http://localhost.evil/w",
                                 "http://[::2]/w",
                                 "http://[::ffff:127.0.0.1]/w",
                                 "https://user:sec/ret@x y/w?secret",
                                 "ftp://a:secret@b/c",
                                 "hf://org/model@",
                                 "hf://org/model@main/../x",
                                 "hf://org/model/a%00b",
                                 "hf://org/model/%2",
                                 "gdrive://",
                                 "gdrive://a/b",
                                 "https://drive.google.com/drive/folders/1abc",
                                 "https://docs.google.com@evil/x",
                                 "http://example.com/w.bin",
                                 "ftp://example.com/w.bin",
                                 "https://user:secret@example.com/w",
                                 "file://host/path",
                                 "https://huggingface.co/org/model/tree",
                                 "https://x/y#sha256=",
                                 "https://x/y#sha256=12"}) {
    const absl::StatusOr<Uri> uri = ParseUri(text);
    EXPECT_TRUE(absl::IsInvalidArgument(uri.status())) << text << " gave " << (uri.ok() ? uri->ToString() : "");
    EXPECT_THAT(uri.status().message(), testing::Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace weighbridge
