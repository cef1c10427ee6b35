#include "fetch/for_each.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace weighbridge {

void ForEach(size_t count, int threads, absl::FunctionRef<void(size_t)> work) {
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  try {
    for (size_t i = 1; i < std::min(count, static_cast<size_t>(std::max(threads, 1))); ++i) others.emplace_back(run);
  } catch (const std::exception&) {
    // No thread, or no memory for one: those that are there do the work.
  }
  run();
  for (std::thread& thread : others) thread.join();
}

}  // namespace weighbridge
