// One program for libFuzzer over all targets: `fuzz_readers --target=NAME [libFuzzer's arguments]`. fuzz/run calls it.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "fuzz/target.h"

namespace weighbridge {
namespace {

const FuzzTarget* chosen = nullptr;

void Choose(int argc, char** argv) {
  for (int k = 1; k < argc; ++k) {
    absl::string_view name = argv[k];
    if (absl::ConsumePrefix(&name, "--target=")) chosen = FindFuzzTarget(name);
  }
  if (chosen != nullptr) return;
  std::fputs("--target= must be one of:", stderr);
  for (const FuzzTarget& target : AllFuzzTargets()) std::fprintf(stderr, " %s", std::string(target.name).c_str());
  std::fputs("\n", stderr);
  std::exit(2);
}

}  // namespace
}  // namespace weighbridge

// libFuzzer passes over arguments that begin with two dashes.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  weighbridge::Choose(*argc, *argv);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::string complaint = weighbridge::Complaint(*weighbridge::chosen, weighbridge::chosen->read(bytes).status());
  if (complaint.empty()) return 0;
  std::fprintf(stderr, "%s\n", complaint.c_str());
  std::abort();
}
