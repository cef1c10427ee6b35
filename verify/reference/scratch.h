#ifndef WEIGHBRIDGE_VERIFY_REFERENCE_SCRATCH_H_
#define WEIGHBRIDGE_VERIFY_REFERENCE_SCRATCH_H_

#include <cassert>
#include <cstdint>
#include <memory>

#include "absl/types/span.h"

namespace weighbridge {

// Memory of a fixed size that one thread uses again and again, as a stack: what was taken last is given back first. Its size is the
// bound that the thread keeps; pages that were never used take no memory.
class Scratch {
 public:
  // What Take takes beside the bytes asked for, at most.
  static constexpr int64_t kOverhead = 64;

  // A part of the memory, given back on destruction. Contents are unspecified.
  class Lease {
   public:
    ~Lease() { scratch_.used_ = begin_; }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    absl::Span<char> bytes() const { return bytes_; }

   private:
    friend class Scratch;
    Lease(Scratch& scratch, int64_t begin, absl::Span<char> bytes) : scratch_(scratch), begin_(begin), bytes_(bytes) {}

    Scratch& scratch_;
    int64_t begin_;
    absl::Span<char> bytes_;
  };

  explicit Scratch(int64_t size) : memory_(new char[static_cast<size_t>(size)]), size_(size) {}

  // Bytes that are not taken.
  int64_t available() const { return size_ - used_; }

  // `size` bytes; size + kOverhead is at most available().
  Lease Take(int64_t size) {
    assert(size >= 0 && size + kOverhead <= available());
    const int64_t begin = used_;
    used_ += (size + kOverhead - 1) / kOverhead * kOverhead;
    return Lease(*this, begin, absl::MakeSpan(memory_.get() + begin, static_cast<size_t>(size)));
  }

 private:
  std::unique_ptr<char[]> memory_;
  int64_t size_;
  int64_t used_ = 0;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_REFERENCE_SCRATCH_H_
