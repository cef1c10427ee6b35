#include "convert/hidden_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file_descriptor.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

constexpr char kRandom[] = "XXXXXX";
constexpr char kMaking[] = "making a folder beside";

// Those of this program; a tool has two at most.
std::array<std::atomic<const HiddenFolder*>, 8> living;

std::string PrefixFor(const fs::path& place) {
  return absl::StrCat(".", place.filename().string(), ".weighbridge-");
}

FileDescriptor OpenFolder(const fs::path& folder) {
  return FileDescriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Whether the folder that is open is still the one of that name: until it was locked another may have thought that its maker is dead.
bool IsThere(const FileDescriptor& descriptor, const fs::path& folder) {
  struct stat opened, named;
  return fstat(descriptor.number(), &opened) == 0 && lstat(folder.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

}  // namespace

HiddenFolder::HiddenFolder(fs::path path, FileDescriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {
  for (std::atomic<const HiddenFolder*>& place : living) {
    const HiddenFolder* nothing = nullptr;
    if (place.compare_exchange_strong(nothing, this)) break;
  }
}

void HiddenFolder::RemoveAll() {
  for (std::atomic<const HiddenFolder*>& place : living) {
    const HiddenFolder* folder = place.exchange(nullptr);
    std::error_code ignored;
    if (folder != nullptr) fs::remove_all(folder->path_, ignored);
  }
}

absl::StatusOr<std::unique_ptr<HiddenFolder>> HiddenFolder::Create(const fs::path& place) {
  while (true) {
    std::string folder = (place.parent_path() / absl::StrCat(PrefixFor(place), kRandom)).string();
    if (mkdtemp(folder.data()) == nullptr) return SystemError(errno, kMaking, place.string());
    FileDescriptor lock = OpenFolder(folder);
    if (!lock.is_open()) {
      const int error = errno;
      rmdir(folder.c_str());
      return SystemError(error, kMaking, place.string());
    }
    const bool is_locked = flock(lock.number(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    if (is_locked && IsThere(lock, folder)) return std::unique_ptr<HiddenFolder>(new HiddenFolder(folder, std::move(lock)));
  }
}

HiddenFolder::~HiddenFolder() {
  for (std::atomic<const HiddenFolder*>& place : living) {
    const HiddenFolder* self = this;
    place.compare_exchange_strong(self, nullptr);
  }
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void HiddenFolder::RemoveAbandoned(const fs::path& place) {
  const std::string prefix = PrefixFor(place);
  const fs::path parent = place.parent_path().empty() ? "." : place.parent_path();
  std::error_code error;
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!absl::StartsWith(name, prefix) || name.size() != prefix.size() + sizeof(kRandom) - 1) continue;
    const FileDescriptor descriptor = OpenFolder(entry->path());
    if (!descriptor.is_open()) continue;
    struct stat stat;
    std::error_code ignored;
    const bool is_ours = fstat(descriptor.number(), &stat) == 0 && stat.st_uid == geteuid();
    if (is_ours && flock(descriptor.number(), LOCK_EX | LOCK_NB) == 0) fs::remove_all(entry->path(), ignored);
  }
}

}  // namespace weighbridge
