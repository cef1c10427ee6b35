#include "formats/paddle/paddle_test_util.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/layout.h"
#include "formats/stored_tensor.h"
#include "gtest/gtest.h"
#include "openssl/sha.h"

namespace weighbridge::paddle {

std::string Sha256Hex(absl::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

std::string Render(const Layout& layout, absl::Span<const std::string> payloads) {
  std::string file(layout.size, '\0');
  for (const Layout::Literal& literal : layout.literals) file.replace(literal.offset, literal.bytes.size(), literal.bytes);
  EXPECT_EQ(layout.slots.size(), payloads.size());
  for (size_t i = 0; i < layout.slots.size() && i < payloads.size(); ++i) {
    EXPECT_EQ(layout.slots[i].size, static_cast<int64_t>(payloads[i].size()));
    file.replace(layout.slots[i].offset, payloads[i].size(), payloads[i]);
  }
  return file;
}

std::string ReadElements(const StoredTensor& tensor) {
  std::string bytes(tensor.byte_size(), '\0');
  const absl::Status status = ReadRegion(tensor, WholeRegion(tensor.spec().shape), absl::MakeSpan(bytes));
  EXPECT_TRUE(status.ok()) << status;
  return bytes;
}

std::string ReadFile(const std::string& path) {
  absl::StatusOr<ByteSourcePtr> source = OpenFile(path);
  EXPECT_TRUE(source.ok()) << source.status();
  if (!source.ok()) return "";
  absl::StatusOr<std::string> bytes = ReadAll(**source, int64_t{1} << 32);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.value_or("");
}

}  // namespace weighbridge::paddle
