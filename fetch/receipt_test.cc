#include "fetch/receipt.h"

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

constexpr char kSha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(ReceiptTest, AReceiptIsOfOnePath) {
  namespace fs = std::filesystem;
  const std::string folder = absl::StrCat(testing::TempDir(), "/received");
  const std::string receipts = absl::StrCat(testing::TempDir(), "/state/receipts");
  fs::create_directories(folder + "/sub");
  Receipt receipt;
  receipt.set_uri("hf://o/m@x/w.bin");
  receipt.set_sha256(kSha256);
  ASSERT_TRUE(WriteReceipt(receipts, folder + "/sub/w.bin", receipt).ok());
  fs::create_directory_symlink("sub", folder + "/link");
  for (const std::string path : {"/sub/w.bin", "/sub/../sub/./w.bin", "/link/w.bin"}) {
    const auto found = FindReceipt(receipts, folder + path);
    ASSERT_TRUE(found.ok() && found->has_value()) << path;
    EXPECT_EQ((*found)->uri(), "hf://o/m@x/w.bin");
  }
  for (const std::string path : {"/w.bin", "/sub/v.bin", "/none/w.bin"}) {
    const auto found = FindReceipt(receipts, folder + path);
    EXPECT_TRUE(found.ok() && !found->has_value()) << path;
  }
  EXPECT_FALSE(FindReceipt(folder, folder + "/sub/w.bin")->has_value());
  // Another's receipt under this name is damage.
  for (const fs::directory_entry& entry : fs::directory_iterator(receipts)) fs::resize_file(entry.path(), 3);
  EXPECT_TRUE(absl::IsDataLoss(FindReceipt(receipts, folder + "/sub/w.bin").status()));
}

}  // namespace
}  // namespace weighbridge
