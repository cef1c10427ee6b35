// Small files, damaged in every place: three wrong values of each byte, and each prefix. Whatever they become, they are read or refused:
// never a crash, a hang, or more memory than the limit.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "fuzz/target.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

constexpr int kMostSeconds = 5;
constexpr int64_t kMostKib = int64_t{256} << 10;

// AddressSanitizer keeps what was freed.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kMemoryIsOurs = false;
#else
constexpr bool kMemoryIsOurs = true;
#endif

// What is being read, for the signal handler.
std::array<char, 4096> current;

void OnSignal(int signal) {
  static constexpr char kWords[] = "\na crash or a hang while reading ";
  if (write(STDERR_FILENO, kWords, sizeof(kWords) - 1) < 0 || write(STDERR_FILENO, current.data(), std::strlen(current.data())) < 0)
    _exit(3);
  _exit(2);
}

struct Counts {
  int64_t same = 0, other = 0, refused = 0;
  std::chrono::duration<double> slowest{0};
};

class DamageTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::vector<int> wanted = kMemoryIsOurs ? std::vector<int>{SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM} : std::vector<int>{SIGALRM};
    for (const int signal : wanted) std::signal(signal, OnSignal);
  }

  // Reads `bytes` and compares with what is read from the whole file. False when that broke a promise.
  bool Judge(const FuzzTarget& target, const std::string& what, const std::string& bytes, const std::string& whole, Counts& counts) {
    std::snprintf(current.data(), current.size(), "%s\n", what.c_str());
    alarm(2 * kMostSeconds);
    const auto start = std::chrono::steady_clock::now();
    const absl::StatusOr<std::string> found = target.read(bytes);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    alarm(0);
    counts.slowest = std::max(counts.slowest, seconds);
    (!found.ok() ? counts.refused : *found == whole ? counts.same : counts.other) += 1;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    EXPECT_EQ(Complaint(target, found.status()), "") << what;
    EXPECT_LT(seconds.count(), kMostSeconds) << what;
    EXPECT_TRUE(!kMemoryIsOurs || usage.ru_maxrss < kMostKib) << what;
    return !HasFailure();
  }

  void Damage(const FuzzTarget& target, const std::filesystem::path& path, Counts& counts) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const absl::StatusOr<std::string> found = target.read(bytes);
    const std::string whole = found.ok() ? *found : "";
    std::string damaged = bytes;
    for (size_t k = 0; k < bytes.size(); ++k) {
      // One more or less, another sign, all bits.
      for (const int flip : {0x01, 0x80, 0xff}) {
        damaged[k] = static_cast<char>(bytes[k] ^ flip);
        if (!Judge(target, absl::StrCat(path.string(), " as ", target.name, ", byte ", k, " ^ ", flip), damaged, whole, counts)) return;
      }
      damaged[k] = bytes[k];
    }
    for (size_t size = 0; size < bytes.size(); ++size) {
      if (!Judge(target, absl::StrCat(path.string(), " as ", target.name, ", ", size, " bytes of it"), bytes.substr(0, size), whole,
                 counts)) {
        return;
      }
    }
  }

  // As the last line of each target, for whoever runs it by hand.
  void Report(const std::map<std::string, Counts>& counts) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    for (const auto& [target, count] : counts) {
      std::printf("%-16s %8ld as the whole, %8ld read otherwise, %8ld refused; slowest %.3f s\n", target.c_str(), count.same, count.other,
                  count.refused, count.slowest.count());
    }
    std::printf("at most %ld MiB\n", usage.ru_maxrss >> 10);
  }
};

TEST_F(DamageTest, EverySeedIsReadOrRefusedWhateverByteIsWrong) {
  std::map<std::string, Counts> counts;
  for (const FuzzTarget& target : AllFuzzTargets()) {
    const std::filesystem::path folder = std::filesystem::path("testdata/seeds") / std::string(target.name);
    // All others are seeds of this one.
    if (target.name == "weights") continue;
    ASSERT_TRUE(std::filesystem::is_directory(folder)) << folder;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      ASSERT_NO_FATAL_FAILURE(Damage(target, file.path(), counts[std::string(target.name)]));
      if (HasFailure()) return;
    }
  }
  Report(counts);
}

TEST_F(DamageTest, EverySeedIsReadAsItStands) {
  for (const FuzzTarget& target : AllFuzzTargets()) {
    if (target.name == "weights") continue;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path("testdata/seeds") / std::string(target.name))) {
      std::ifstream file(entry.path(), std::ios::binary);
      const absl::StatusOr<std::string> found = target.read(std::string(std::istreambuf_iterator<char>(file), {}));
      EXPECT_TRUE(found.ok()) << entry.path() << ": " << found.status();
    }
  }
}

// By hand, for it takes long: --test_arg=--gtest_also_run_disabled_tests --test_filter=*Corpus*. Every file of at most 16 KiB, hostile ones
// too, by content.
TEST_F(DamageTest, DISABLED_EveryFileOfTheCorpusIsReadOrRefusedWhateverByteIsWrong) {
  const char* shared = std::getenv("WEIGHBRIDGE_SHARED");
  if (shared == nullptr || !std::filesystem::is_directory(shared)) GTEST_SKIP() << "WEIGHBRIDGE_SHARED names no folder";
  const FuzzTarget& target = *FindFuzzTarget("weights");
  std::map<std::string, Counts> counts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(shared) / "corpus")) {
    if (!entry.is_regular_file() || entry.file_size() > 16 << 10) continue;
    ASSERT_NO_FATAL_FAILURE(Damage(target, entry.path(), counts[entry.path().parent_path().filename()]));
    if (HasFailure()) break;
  }
  Report(counts);
}

}  // namespace
}  // namespace weighbridge
