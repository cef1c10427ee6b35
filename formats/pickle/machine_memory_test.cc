// What the machine takes of memory, measured.

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/machine_test_util.h"
#include "formats/pickle/pickle_assembler.h"
#include "gtest/gtest.h"

namespace weighbridge::pickle {
namespace {

// What running `program` takes at most, in KiB; in a process of its own, since what was taken once is never given back.
int64_t PeakOf(const std::string& program) {
  const auto peak = [] {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  int pipe_ends[2];
  EXPECT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const ByteSourcePtr source = MakeMemorySource("test", program);
    // What tests before have freed is given back, and the peak forgotten.
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << 5;
    const int64_t before = peak();
    const absl::StatusOr<Document> document = RunPickle(*source, 0, source->size(), TorchZip());
    const int64_t taken = peak() - before;
    _exit(write(pipe_ends[1], &taken, sizeof(taken)) == sizeof(taken) ? 0 : 1);
  }
  int64_t taken = -1;
  EXPECT_EQ(read(pipe_ends[0], &taken, sizeof(taken)), static_cast<ssize_t>(sizeof(taken)));
  waitpid(child, nullptr, 0);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  return taken;
}

// Sanitizers take memory of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif
#else
constexpr bool kIsSanitized = false;
#endif

TEST(MachineMemoryTest, AProgramOfTwoMegabytesStaysBelow64Megabytes) {
  if (kIsSanitized) GTEST_SKIP() << "the memory of a sanitizer is not the machine's";
  constexpr size_t kProgram = 2'000'000;
  const struct {
    const char* what;
    std::string unit;
  } cases[] = {
      {"lists", "]"},
      {"lists of one", "]Na"},
      {"pairs", "NN\x86"},
      {"dicts of one", "}K\1Ns"},
      {"duplicates", "N2"},
      {"memoized lists", "]\x94"},
      {"marks", "("},
      {"integers", "M\xff\xff"},
      {"big integers", "\x8a\x09xxxxxxxxx"},
      {"texts", absl::StrCat("\x8c\x10", std::string(16, 'x'))},
      {"short texts", "\x8c\1x"},
      {"sets", "\x8f"},
      {"globals", GlobalOf("torch", "Size")},
      {"sparse puts", absl::StrCat("Nr\xff", std::string(3, '\0'))},
  };
  for (const auto& c : cases) {
    const std::string program = Repeat(c.unit, static_cast<int>(kProgram / c.unit.size()));
    const int64_t taken = PeakOf(absl::StrCat(program, "N."));
    EXPECT_LT(taken, 64 << 10) << c.what;
    EXPECT_GE(taken, 0) << c.what;
    RecordProperty(absl::StrReplaceAll(c.what, {{" ", "_"}}), std::to_string(taken));
  }
}

}  // namespace
}  // namespace weighbridge::pickle
