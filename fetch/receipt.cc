#include "fetch/receipt.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/disk/placement.h"
#include "fetch/disk/regular_file.h"
#include "fetch/download/partial_file.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxReceiptBytes = int64_t{64} << 10;

// The one spelling of a path, with the links of its folders followed as the system follows them: "LINK/../x" lies where LINK leads. Its
// last part may be our own link into a cache.
absl::StatusOr<std::string> AbsolutePath(const std::string& path) {
  std::error_code error;
  const fs::path given = fs::absolute(path, error);
  const fs::path folder = error ? fs::path() : fs::canonical(given.parent_path(), error);
  if (error) return absl::NotFoundError(absl::StrCat(path, ": ", error.message()));
  return (folder / given.filename()).string();
}

absl::StatusOr<std::string> ReceiptOf(const std::string& receipts, const std::string& absolute) {
  FileHasher hasher(0, {});
  hasher.Update(absolute);
  ASSIGN_OR_RETURN(const FileDigests digests, hasher.Finish());
  return absl::StrCat(receipts, "/", digests.hashes.sha256);
}

}  // namespace

absl::Status WriteReceipt(const std::string& receipts, const std::string& path, Receipt receipt) {
  ASSIGN_OR_RETURN(std::string absolute, AbsolutePath(path));
  ASSIGN_OR_RETURN(const std::string name, ReceiptOf(receipts, absolute));
  RETURN_IF_ERROR(MakeFolder(receipts));
  receipt.set_path(std::move(absolute));
  return WriteFileAtomically(name, receipt.SerializeAsString());
}

absl::StatusOr<std::optional<Receipt>> FindReceipt(const std::string& receipts, const std::string& path) {
  const absl::StatusOr<std::string> absolute = AbsolutePath(path);
  if (!absolute.ok()) return std::nullopt;
  ASSIGN_OR_RETURN(const std::string name, ReceiptOf(receipts, *absolute));
  const absl::StatusOr<std::string> bytes = ReadSmallFile(name, kMaxReceiptBytes);
  // A home that is not ours holds no receipts of ours.
  if (absl::IsNotFound(bytes.status()) || absl::IsPermissionDenied(bytes.status())) return std::nullopt;
  RETURN_IF_ERROR(bytes.status());
  Receipt receipt;
  if (!receipt.ParseFromString(*bytes) || receipt.path() != *absolute) return absl::DataLossError(absl::StrCat(name, ": is not a receipt"));
  return receipt;
}

}  // namespace weighbridge
