#include "tools/tool.h"

#include <execinfo.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "base/printable.h"
#include "base/status.h"
#include "convert/hidden_folder.h"
#include "google/protobuf/stubs/logging.h"
#include "tools/byte_count.h"
#include "tools/command_line.h"
#include "tools/printable_stream.h"

ABSL_FLAG(int32_t, threads, 0, "threads to work on; 0 is all cores");
ABSL_FLAG(bool, quiet, false, "no progress on stderr");

namespace weighbridge {
namespace {

constexpr int kMaxThreads = 1024;

std::atomic<bool> stopped = false;
static_assert(std::atomic<bool>::is_always_lock_free);

// The first signal asks the program to stop and clean up, the second ends it at once.
extern "C" void Stop(int signal) {
  stopped = true;
  std::signal(signal, SIG_DFL);
}

absl::Status EnterUsersWorkingDirectory() {
  const char* folder = std::getenv("BUILD_WORKING_DIRECTORY");
  if (folder == nullptr || chdir(folder) == 0) return absl::OkStatus();
  return SystemError(errno, "entering", folder);
}

absl::StatusOr<bool> ParseAndRun(absl::Span<char* const> arguments, absl::string_view usage,
                                 absl::FunctionRef<absl::StatusOr<bool>(const CommandLine&)> run) {
  ASSIGN_OR_RETURN(CommandLine command_line, ParseCommandLine(arguments));
  if (command_line.help) {
    std::cout << usage << "\nFlags:\n" << FlagsHelp();
    return true;
  }
  RETURN_IF_ERROR(EnterUsersWorkingDirectory());
  return run(command_line);
}

constexpr size_t kReserve = size_t{1} << 20;
void* reserve = nullptr;  // What there is to work with when there is no other memory.

// Says why and ends the program, which leaves nothing: most of what is being written has no name yet. Nothing is unwound, since Abseil's
// containers are not in order after an exception.
//
// The thread that comes first cleans up, and the others wait meanwhile, for they would end it too. When it comes here again, it has found
// no memory while it cleaned up, and gives up.
[[noreturn]] void End(absl::string_view why) {
  static std::atomic_flag is_ending;
  static thread_local bool is_mine = false;
  if (!is_mine) {
    while (is_ending.test_and_set()) pause();
    is_mine = true;
    std::free(std::exchange(reserve, nullptr));
    HiddenFolder::RemoveAll();
  }
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, why.data(), why.size());
  _exit(2);
}

[[noreturn]] void EndWithoutMemory() {
  End("out of memory: the system gives this program no more\n");
}

// What no `catch` sees: an exception on a way that may not throw.
[[noreturn]] void EndWithoutUnwinding() {
  End("the program ends: the system refuses memory or another resource\n");
}

// Everything that the library below throws is a limit of the system: no memory, no threads.
template <typename Function>
absl::StatusOr<bool> CatchLimits(Function function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory: the system gives this program no more");
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(absl::StrCat("the system refuses what the program needs: ", error.what()));
  }
}

}  // namespace

absl::StatusOr<CommonOptions> GetCommonOptions(ByteCount memory) {
  const int threads = absl::GetFlag(FLAGS_threads);
  if (threads < 0 || threads > kMaxThreads)
    return absl::InvalidArgumentError(absl::StrCat("--threads=", threads, ": expected 0 to ", kMaxThreads));
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return CommonOptions{.resources = {.threads = threads == 0 ? cores : threads, .memory = memory.bytes, .stop = &stopped},
                       .quiet = absl::GetFlag(FLAGS_quiet)};
}

int RunTool(int argc, char** argv, absl::string_view usage, absl::FunctionRef<absl::StatusOr<bool>(const CommandLine&)> run) {
  reserve = std::malloc(kReserve);
  std::set_new_handler(EndWithoutMemory);
  std::set_terminate(EndWithoutUnwinding);
  // glibc loads what it unwinds with when it needs that first, which must not be when there is no memory left.
  void* frame = nullptr;
  backtrace(&frame, 1);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // What is ignored stays so: nohup means it.
    if (std::signal(signal, Stop) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
  // A write into a closed pipe or beyond a limit is an error of that write, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // What a library thinks of a file's bytes is told by our own errors, in one line.
  google::protobuf::SetLogHandler(nullptr);
  const absl::StatusOr<bool> answer = CatchLimits([&]() -> absl::StatusOr<bool> {
    const PrintableStream printable(std::cout);
    absl::StatusOr<bool> result = ParseAndRun(absl::MakeConstSpan(argv + 1, argc > 0 ? argc - 1 : 0), usage, run);
    std::cout.flush();
    if (result.ok() && !std::cout) return absl::UnavailableError("writing to standard output failed");
    return result;
  });
  if (answer.ok()) return *answer ? 0 : 1;
  std::cerr << Printable(answer.status().message()) << "\n";
  return 2;
}

std::string FindRunfile(absl::string_view argv0, absl::string_view path) {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  const std::filesystem::path program = std::filesystem::absolute(std::string(argv0), error);
  for (const std::string& root : {absl::StrCat(program.string(), ".runfiles/weighbridge"), here.string()}) {
    const std::filesystem::path candidate = std::filesystem::path(root) / std::string(path);
    if (std::filesystem::exists(candidate, error)) return candidate.string();
  }
  return "";
}

}  // namespace weighbridge
