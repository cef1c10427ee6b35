#ifndef WEIGHBRIDGE_FORMATS_READ_LIMITS_H_
#define WEIGHBRIDGE_FORMATS_READ_LIMITS_H_

#include <cstdint>

namespace weighbridge {

// Bounds on what a file may make a reader do before any tensor is read. A file beyond one is legal and refused with ResourceExhausted,
// naming the limit. The defaults are far above every real checkpoint.
struct ReadLimits {
  // Bytes of pickle program, without the payloads that are passed over; also the inflated size of a deflated one.
  int64_t pickle_bytes = int64_t{64} << 20;
  // Bytes of memory that the values of a pickle take, counted from above. A short program may take less: 8 MiB, and 28 bytes for each of
  // its own, so that one of 2 MB stays below 64 MiB. Tensors take 1 to 2 KiB each.
  int64_t pickle_memory = int64_t{256} << 20;
  // Whether objects of classes outside the table (docs/spec/formats.md 2.6) are passed over and remarked; otherwise they end the reading
  // with PermissionDenied. Nothing of them is kept or interpreted, tensors inside them least of all.
  bool opaque_objects = false;
  // Values nested in each other.
  int64_t nesting = 1000;
  // Steps of walking from the root to every tensor; bounds the number of paths, which sharing can make exponential (docs/spec/formats.md
  // 2.9).
  int64_t paths = 1'000'000;
  // Steps of work that a file may ask for beyond one pass over its bytes: an item that is moved or looked up again, a value that is met
  // again on another path, each 64 bytes of a text that is copied, joined or compared. A reader charges what its cost does not follow from
  // the bytes that it reads. Some 10 ns each.
  int64_t work = 200'000'000;
  // Tensors of a file that is one after the other, without a table of its own.
  int64_t tensors = 1'000'000;
  // Bytes that tensors have together which repeat elements, by strides of 0 or overlapping windows: they lie nowhere and are as many as the
  // file says, yet have to be read and written.
  int64_t expanded_bytes = int64_t{4} << 30;
  // Bytes that all tensors of a file have together, however many share them: sums over a model's files never leave int64 then.
  int64_t tensor_bytes = int64_t{1} << 50;
  // Bytes of JSON: a safetensors header, an index, a config.
  int64_t json_bytes = 100'000'000;
  // Members of a zip archive.
  int64_t zip_members = 1'000'000;
  // Bytes of the text in front of an array in an .npy file; numpy itself writes some 100.
  int64_t npy_header_bytes = int64_t{64} << 10;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_READ_LIMITS_H_
