#include "formats/directory/recognize.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "formats/bytes/byte_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using absl::StatusCode;
using testing::HasSubstr;
using testing::StartsWith;

std::string Bytes(const char* bytes, size_t size) {
  return std::string(bytes, size);
}

absl::StatusOr<FileKind> Recognize(std::string bytes, const std::string& name = "f") {
  return RecognizeFile(*MakeMemorySource(name, std::move(bytes)));
}

// The header of a tar archive without a magic.
std::string OldTar(const std::string& begin) {
  std::string header = begin + std::string(512 - begin.size(), '\0');
  header.replace(124, 11, "00000000000");
  header.replace(148, 8, "        ");
  int sum = 0;
  for (const char byte : header) sum += static_cast<uint8_t>(byte);
  header.replace(148, 7, absl::StrFormat("%06o", sum) + std::string(1, '\0'));
  return header;
}

TEST(RecognizeFileTest, TellsReadableFilesByContent) {
  struct Case {
    const char* what;
    std::string bytes;
    FileKind kind;
  };
  const std::string magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  const Case cases[] = {
      {"zip", Bytes("PK\x03\x04\x14\x00\x00\x00\x00\x00", 10), FileKind::kTorchZip},
      {"zip of arrays", Bytes("PK\x03\x04", 4) + std::string(22, '\0') + Bytes("\x05\0\0\0w.npy", 9), FileKind::kNpz},
      {".npy", Bytes("\x93NUMPY\x01\x00", 8), FileKind::kNpy},
      {"tar", std::string("sys_info").append(249, '\0') + "ustar" + std::string(250, '\0'), FileKind::kTorchTar},
      {"tar of 1979, which has only a checksum", OldTar("pickle"), FileKind::kTorchTar},
      {"LoDTensors", std::string(16, '\0') + Bytes("\x04\0\0\0\x08\x05\x10\x02", 8), FileKind::kPaddleLodTensors},
      {"LoDTensors with levels", Bytes("\0\0\0\0\x01\0\0\0\0\0\0\0", 12) + std::string(30, '\x01'), FileKind::kPaddleLodTensors},
      {"LoDTensors of a negative descriptor", std::string(16, '\0') + "\xff\xff\xff\xff", FileKind::kPaddleLodTensors},
      {"LoDTensors of another version", Bytes("\1\0\0\0", 4) + std::string(12, '\0') + Bytes("\x04\0\0\0\x08\x05\x10\x02", 8),
       FileKind::kPaddleLodTensors},
      {"torch legacy, protocol 2", "\x80\x02" + magic, FileKind::kTorchLegacy},
      {"torch legacy, protocol 3", "\x80\x03" + magic, FileKind::kTorchLegacy},
      {"torch legacy, protocol 1", "L119547037146038801333356L\n.", FileKind::kTorchLegacy},
      {"torch legacy, protocol 4", "\x80\x04\x95" + Bytes("\x0d\0\0\0\0\0\0\0", 8) + magic, FileKind::kTorchLegacy},
      {"torch legacy with another magic number", "\x80\x02\x8a\x01\x07.", FileKind::kTorchLegacy},
      {"safetensors", Bytes("\x02\0\0\0\0\0\0\0{}", 10), FileKind::kSafetensors},
      {"safetensors whose length begins as a pickle", Bytes("\x80\x02\0\0\0\0\0\0{}", 10), FileKind::kSafetensors},
      {"safetensors whose length begins as JSON", Bytes("{\0\0\0\0\0\0\0{}", 10), FileKind::kSafetensors},
      {"safetensors with a header over the limit", Bytes("\x01\xe1\xf5\x05\0\0\0\0{}", 10), FileKind::kSafetensors},
      {"safetensors with an empty header", Bytes("\0\0\0\0\0\0\0\0{}", 10), FileKind::kSafetensors},
      {"damaged safetensors whose length is an empty dict", Bytes("}.\0\0\0\0\0\0x\"w\"", 12) + std::string(0x2e7d, ' '),
       FileKind::kSafetensors},
      {"damaged safetensors whose length begins as a protocol", Bytes("\x80\x02\0\0\0\0\0\0x", 9) + std::string(640, ' '),
       FileKind::kSafetensors},
      {"pickle, protocol 2", "\x80\x02}q\x01.", FileKind::kPaddlePickle},
      {"pickle, protocol 4, of a short frame", "\x80\x04\x95" + Bytes("\x05\0\0\0\0\0\0\0", 8) + Bytes("}\x94h\0.", 5),
       FileKind::kPaddlePickle},
      {"pickle, protocol 4", "\x80\x04\x95", FileKind::kPaddlePickle},
      {"pickle, protocol 6", "\x80\x06}.", FileKind::kPaddlePickle},
      {"pickle, protocol 0", "(dp0\n.", FileKind::kPaddlePickle},
      {"pickle with a global first", "ccollections\nOrderedDict\n", FileKind::kPaddlePickle},
      {"pickle with a brace at offset 8", Bytes("\x80\x02}q\0(X\x05{\x01\x02\x03", 12), FileKind::kPaddlePickle},
      {"pickle of which one byte is left", "\x80", FileKind::kPaddlePickle},
      {"JSON", "{\"weight_map\": {}}", FileKind::kShardIndex},
      {"JSON after white space", "\r\n\t {}", FileKind::kShardIndex},
  };
  for (const Case& c : cases) {
    absl::StatusOr<FileKind> kind = Recognize(c.bytes, "named_wrongly.gz");
    ASSERT_TRUE(kind.ok()) << c.what << ": " << kind.status();
    EXPECT_EQ(*kind, c.kind) << c.what;
  }
}

TEST(RecognizeFileTest, NamesWhatIsNotRead) {
  struct Case {
    const char* what;
    std::string bytes;
  };
  const Case cases[] = {
      {"GGUF", "GGUF\x03"},
      {"gzip", "\x1f\x8b\x08"},
      {"bzip2", "BZh9"},
      {"7z", "7z\xbc\xaf\x27\x1c"},
      {"xz", Bytes("\xfd"
                   "7zXZ\0",
                   6)},
      {"zstd", "\x28\xb5\x2f\xfd"},
      {"HDF5", "\x89HDF\r\n\x1a\n"},
      {"PNG", "\x89PNG\r\n"},
      {"AppleDouble", Bytes("\0\5\x16\7\0\2\0\0Mac OS X", 16)},
      {".DS_Store", Bytes("\0\0\0\1Bud1\0", 9)},
      {"Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n"},
      {"web page", "<!DOCTYPE html>\n<html>"},
      {"web page", "\n<HTML><head>"},
      {"web page", "<?xml version=\"1.0\"?><Error/>"},
  };
  for (const Case& c : cases) {
    const absl::Status status = Recognize(c.bytes, "model.bin").status();
    EXPECT_EQ(status.code(), StatusCode::kUnimplemented) << c.what << ": " << status;
    EXPECT_THAT(std::string(status.message()), StartsWith("reading model.bin: it is ")) << c.what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.what));
  }
}

TEST(RecognizeFileTest, RefusesWhatIsNothing) {
  EXPECT_THAT(std::string(Recognize("").status().message()), HasSubstr("it is empty"));
  EXPECT_THAT(std::string(Recognize(std::string(4096, '\0')).status().message()), HasSubstr("512 zero bytes"));
  EXPECT_THAT(std::string(Recognize("abc").status().message()), HasSubstr("616263"));
  for (const std::string& bytes : {std::string("abcdefgh"), std::string("cmod\n\xf8\n"), Bytes("cos\nsys\0tem\n", 12)}) {
    EXPECT_EQ(Recognize(bytes).status().code(), StatusCode::kUnimplemented) << bytes;
  }
  for (const std::string& bytes : {std::string(), std::string(1, '\0'), std::string(4096, '\0'), std::string("abc"), std::string("P")}) {
    EXPECT_EQ(Recognize(bytes).status().code(), StatusCode::kDataLoss) << bytes.size();
  }
}

TEST(RecognizeFileTest, RefusesADistributedCheckpointByItsName) {
  const absl::Status status = Recognize(Bytes("PK\x03\x04\x14\x00\x00\x00\x00\x00", 10), "/x/__0_0.distcp").status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("dcp_to_torch"));
}

TEST(RecognizeFileTest, AsksTheNameOnlyWhenTheContentSaysNothing) {
  EXPECT_EQ(*Recognize("abc", "m.safetensors"), FileKind::kSafetensors);
  EXPECT_EQ(*Recognize("[]", "m.safetensors.index.json"), FileKind::kShardIndex);
  EXPECT_EQ(*Recognize("\x80\x02}q\x01.", "m.safetensors"), FileKind::kPaddlePickle);
  // One letter is little to go by.
  EXPECT_EQ(*Recognize("(dp0\n.", "m.safetensors"), FileKind::kSafetensors);
}

}  // namespace
}  // namespace weighbridge
