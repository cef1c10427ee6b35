#include "formats/bytes/latin1_source.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

std::string Encode(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      text.push_back(c);
    } else {
      text.push_back(static_cast<char>(0xc0 | byte >> 6));
      text.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
  return text;
}

std::string RandomBytes(size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

ByteSourcePtr MakeSource(std::string text) {
  absl::StatusOr<ByteSourcePtr> source = MakeLatin1Source("decoded", MakeMemorySource("text", std::move(text)));
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? *source : nullptr;
}

std::string Read(const ByteSource& source, int64_t offset, int64_t size) {
  std::string bytes(size, '?');
  const absl::Status status = source.ReadAt(offset, absl::MakeSpan(bytes));
  EXPECT_TRUE(status.ok()) << status;
  return bytes;
}

TEST(Latin1SourceTest, DecodesEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  const ByteSourcePtr source = MakeSource(Encode(all));
  EXPECT_EQ(source->size(), 256);
  EXPECT_EQ(source->name(), "decoded");
  EXPECT_EQ(Read(*source, 0, 256), all);
}

TEST(Latin1SourceTest, DecodesNothing) {
  EXPECT_EQ(MakeSource("")->size(), 0);
}

// Sizes around the 64 KiB of the index, with characters of one byte, of two, and such that a character straddles each border.
TEST(Latin1SourceTest, DecodesTextsOfManyChunks) {
  for (const size_t size : {65535, 65536, 65537, 131072, 200001}) {
    for (const std::string& bytes :
         {std::string(size, 'a'), std::string(size, '\xff'), "a" + std::string(size, '\x80'), RandomBytes(size)}) {
      const ByteSourcePtr source = MakeSource(Encode(bytes));
      ASSERT_EQ(source->size(), static_cast<int64_t>(bytes.size()));
      EXPECT_TRUE(Read(*source, 0, source->size()) == bytes) << size;
    }
  }
}

TEST(Latin1SourceTest, ReadsAtAnyOffset) {
  const std::string bytes = RandomBytes(300000);
  const ByteSourcePtr source = MakeSource(Encode(bytes));
  std::mt19937 random(11);
  for (int i = 0; i < 300; ++i) {
    const int64_t offset = random() % bytes.size();
    const int64_t size = random() % (bytes.size() - offset + 1);
    ASSERT_TRUE(Read(*source, offset, size) == bytes.substr(offset, size)) << offset << " " << size;
  }
  for (int64_t offset = 43000; offset < 44500; ++offset) ASSERT_EQ(Read(*source, offset, 1), bytes.substr(offset, 1)) << offset;
  char byte;
  EXPECT_EQ(source->ReadAt(300000, absl::MakeSpan(&byte, 1)).code(), absl::StatusCode::kDataLoss);
}

TEST(Latin1SourceTest, ReadsFromManyThreads) {
  const std::string bytes = RandomBytes(300000);
  const ByteSourcePtr source = MakeSource(Encode(bytes));
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t offset = int64_t{1000} * t; offset + 70000 < 300000; offset += 4000) {
        EXPECT_TRUE(Read(*source, offset, 70000) == bytes.substr(offset, 70000));
      }
    });
  }
}

TEST(Latin1SourceTest, RefusesWhatIsNoLatin1Text) {
  const struct {
    const char* field;
    std::string bad;
    const char* mention;
  } cases[] = {
      {"code point U+0100", "\xc4\x80", "0xc4 at offset {} of the text begins a character above U+00FF"},
      {"code point U+20AC", "\xe2\x82\xac", "0xe2 at offset {} of the text begins a character above U+00FF"},
      {"code point beyond the BMP", "\xf0\x9f\x98\x80", "0xf0 at offset {} of the text begins a character above U+00FF"},
      {"surrogate", "\xed\xa0\x80", "0xed at offset {} of the text"},
      {"overlong NUL", "\xc0\x80", "0xc0 at offset {} of the text is no UTF-8"},
      {"overlong U+007F", "\xc1\xbf", "0xc1 at offset {} of the text is no UTF-8"},
      {"continuation first", "\x80", "0x80 at offset {} of the text is no UTF-8"},
      {"lead without continuation", "\xc3z", "0x7a at offset {+1} of the text is no UTF-8"},
      {"lead after lead", "\xc3\xc3", "0xc3 at offset {+1} of the text is no UTF-8"},
      {"two continuations", "\xc3\xa9\xa9", "0xa9 at offset {+2} of the text is no UTF-8"},
      {"raw byte", "\xff", "0xff at offset {} of the text is no UTF-8"},
  };
  for (const auto& c : cases) {
    for (const size_t before : {0, 65534, 65535, 65536, 100000}) {
      std::string mention = c.mention;
      const size_t brace = mention.find('{');
      const size_t shift = mention[brace + 1] == '+' ? mention[brace + 2] - '0' : 0;
      mention.replace(brace, mention.find('}') - brace + 1, std::to_string(before + shift));
      const absl::Status status =
          MakeLatin1Source("decoded", MakeMemorySource("text", std::string(before, 'a') + c.bad + std::string(5, 'b'))).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << c.field << " " << before;
      EXPECT_TRUE(absl::StrContains(status.message(), mention)) << c.field << ": " << status;
    }
  }
  for (const size_t before : {0, 65535, 65536}) {
    const absl::Status status = MakeLatin1Source("decoded", MakeMemorySource("text", std::string(before, 'a') + "\xc3")).status();
    EXPECT_TRUE(absl::StrContains(status.message(), "ends within a character")) << status;
  }
}

// A text that is another one when it is read.
class ChangingSource final : public ByteSource {
 public:
  explicit ChangingSource(int64_t size) : ByteSource("changing", size) {}
  void Change() { byte_ = '\x80'; }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    for (char& byte : buffer) byte = byte_;
    return absl::OkStatus();
  }
  char byte_ = 'a';
};

TEST(Latin1SourceTest, NoticesATextThatDecodesToLess) {
  auto text = std::make_shared<ChangingSource>(100000);
  absl::StatusOr<ByteSourcePtr> source = MakeLatin1Source("decoded", text);
  ASSERT_TRUE(source.ok()) << source.status();
  text->Change();
  std::string bytes(100000, '\0');
  EXPECT_EQ((*source)->ReadAt(0, absl::MakeSpan(bytes)).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace weighbridge
