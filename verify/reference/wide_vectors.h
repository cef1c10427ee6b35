#ifndef WEIGHBRIDGE_VERIFY_REFERENCE_WIDE_VECTORS_H_
#define WEIGHBRIDGE_VERIFY_REFERENCE_WIDE_VECTORS_H_

namespace weighbridge {

#if defined(__x86_64__)

template <typename Loops>
[[gnu::target("avx2")]] auto CallForAvx2(const Loops& loops) {
  return loops();
}

// Calls `loops`, a lambda that is always inlined, with all that it calls. The compiler makes it twice, once for processors with wider
// vectors; the results are the same. Not by the linker's means (ifunc), which ThreadSanitizer does not survive.
template <typename Loops>
auto CallWithWideVectors(const Loops& loops) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  return has_avx2 ? CallForAvx2(loops) : loops();
}

#else

template <typename Loops>
auto CallWithWideVectors(const Loops& loops) {
  return loops();
}

#endif

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_REFERENCE_WIDE_VECTORS_H_
