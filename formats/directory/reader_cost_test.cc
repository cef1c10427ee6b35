// What each reader takes of memory for the densest file of its format: in proportion to the file, whatever stands in it. What is counted is
// what operator new gives, in the order of events the same on every machine; copying texts again and again shows in the sum, keeping them
// in the peak.

#include <malloc.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "formats/bytes/byte_source.h"
#include "formats/directory/read_facts.h"
#include "formats/directory/read_weights.h"
#include "formats/directory/recognize.h"
#include "formats/read_limits.h"
#include "formats/zip/zip_builder.h"
#include "gtest/gtest.h"

namespace {

std::atomic<int64_t> taken = 0;
std::atomic<int64_t> live = 0;
std::atomic<int64_t> peak = 0;

void* Take(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  const auto given = static_cast<int64_t>(malloc_usable_size(memory));
  taken += given;
  const int64_t now = live += given;
  int64_t highest = peak;
  while (highest < now && !peak.compare_exchange_weak(highest, now)) {
  }
  return memory;
}

void Give(void* memory) {
  live -= static_cast<int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) {
  return Take(size);
}
void* operator new[](size_t size) {
  return Take(size);
}
void operator delete(void* memory) noexcept {
  Give(memory);
}
void operator delete[](void* memory) noexcept {
  Give(memory);
}
void operator delete(void* memory, size_t) noexcept {
  Give(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  Give(memory);
}

namespace weighbridge {
namespace {

struct Cost {
  absl::Status status;
  int64_t file = 0;
  int64_t taken = 0;  // Bytes, all together.
  int64_t peak = 0;   // Bytes, at one time.
};

Cost CostOf(const std::string& file, const std::function<absl::Status(const ByteSourcePtr&)>& read) {
  const ByteSourcePtr source = MakeMemorySource("f", file);
  const int64_t taken_before = taken;
  const int64_t live_before = live;
  peak = live_before;
  Cost cost = {.status = read(source), .file = source->size()};
  cost.taken = taken - taken_before;
  cost.peak = peak - live_before;
  return cost;
}

absl::Status Read(const ByteSourcePtr& source) {
  const absl::StatusOr<FileKind> kind = RecognizeFile(*source);
  return kind.ok() ? ReadWeights(*kind, source, ReadLimits()).status() : kind.status();
}

// Each file grows with `count`.
std::string Safetensors(int count) {
  std::string header = "{";
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&header, i == 0 ? "" : ",", "\"", i, "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
  }
  header += "}";
  return LittleEndian(header.size(), 8) + header;
}

std::string SafetensorsOfUnknownFields(int count) {
  std::string header = "{\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]";
  for (int i = 0; i < count; ++i) absl::StrAppend(&header, ",\"", i, "\":0");
  header += "}}";
  return LittleEndian(header.size(), 8) + header;
}

std::string Npz(int count) {
  const std::string header = "{'descr':'|u1','fortran_order':False,'shape':(0,)}";
  const std::string array = "\x93NUMPY\x01" + LittleEndian(0, 1) + LittleEndian(header.size(), 2) + header;
  std::vector<ZipPart> parts;
  for (int i = 0; i < count; ++i) parts.push_back({.name = absl::StrCat(i, ".npy"), .data = array});
  return BuildZip(parts);
}

std::string Text(const std::string& text) {
  return "X" + LittleEndian(text.size(), 4) + text;
}

// A .bin of so many tensors, each with a storage of its own.
std::string TorchZip(int count) {
  std::string program = "\x80\x02}(";
  std::vector<ZipPart> parts = {{.name = "a/version", .data = "3\n"}};
  for (int i = 0; i < count; ++i) {
    const std::string key = absl::StrCat(i);
    program += Text("layer." + key) + "ctorch._utils\n_rebuild_tensor_v2\n((" + Text("storage") + "ctorch\nByteStorage\n" + Text(key) +
               Text("cpu") + "K\x01tQK" + LittleEndian(0, 1) + "K\x01\x85K\x01\x85\x89" + "ccollections\nOrderedDict\n)RtR";
    parts.push_back({.name = "a/data/" + key, .data = "x"});
  }
  parts.push_back({.name = "a/data.pkl", .data = program + "u."});
  return BuildZip(parts);
}

// Members of nothing beside the real ones.
std::string ZipOfNothing(int count) {
  std::vector<ZipPart> parts = {{.name = "a/version", .data = "3\n"}, {.name = "a/data.pkl", .data = "\x80\x02}."}};
  for (int i = 0; i < count; ++i) parts.push_back({.name = absl::StrCat("a/", i)});
  return BuildZip(parts);
}

std::string Tar(int count) {
  std::string archive;
  for (int i = 0; i < count; ++i) {
    std::string header(512, '\0');
    const std::string name = absl::StrCat(i);
    header.replace(0, name.size(), name);
    header.replace(124, 11, "00000000000").replace(148, 8, "        ");
    int sum = 0;
    for (const char byte : header) sum += static_cast<uint8_t>(byte);
    archive += header.replace(148, 7, absl::StrFormat("%06o", sum) + std::string(1, '\0'));
  }
  return archive;
}

std::string LodTensors(int count) {
  std::string file;
  for (int i = 0; i < count; ++i) file += LittleEndian(0, 16) + LittleEndian(4, 4) + "\x08\x14\x10\x01" + "x";
  return file;
}

// Half the file is one key that leads to the values of the other half.
std::string LongKey(int count) {
  std::string values;
  for (int i = 0; i < count; ++i) absl::StrAppend(&values, i == 0 ? "" : ",", "1");
  return absl::StrCat("{\"", std::string(size_t{2} * count, 'k'), "\":[", values, "]}");
}

struct CostCase {
  const char* what;
  std::string (*build)(int count);
  std::function<absl::Status(const ByteSourcePtr&)> read = Read;
  absl::StatusCode code = absl::StatusCode::kOk;
  int64_t peak_per_byte = 12;  // Of the file, at most.
};

class ReaderCostTest : public testing::TestWithParam<CostCase> {};

TEST_P(ReaderCostTest, GrowsInProportionToTheFile) {
  const auto& [what, build, read, code, peak_per_byte] = GetParam();
  constexpr int kCount = 6000;
  const Cost once = CostOf(build(kCount), read);
  const Cost twice = CostOf(build(2 * kCount), read);
  const Cost four_times = CostOf(build(4 * kCount), read);
  EXPECT_EQ(once.status.code(), code) << once.status;
  EXPECT_EQ(four_times.status.code(), code) << four_times.status;
  // Tables double, so that one step may cost more than twice; two steps do not.
  const double growth = static_cast<double>(four_times.file) / static_cast<double>(once.file);
  EXPECT_LT(static_cast<double>(four_times.taken), 1.4 * growth * static_cast<double>(once.taken)) << once.taken << " " << twice.taken;
  EXPECT_LT(four_times.peak, peak_per_byte * four_times.file + (int64_t{1} << 20)) << four_times.file;
}

INSTANTIATE_TEST_SUITE_P(
    Densest, ReaderCostTest,
    testing::Values(CostCase{.what = "Safetensors", .build = Safetensors},
                    CostCase{.what = "SafetensorsOfUnknownFields", .build = SafetensorsOfUnknownFields},
                    CostCase{.what = "Npz", .build = Npz}, CostCase{.what = "TorchZip", .build = TorchZip},
                    CostCase{.what = "ZipOfNothing", .build = ZipOfNothing},
                    CostCase{.what = "Tar", .build = Tar, .code = absl::StatusCode::kUnimplemented, .peak_per_byte = 1},
                    CostCase{.what = "LodTensors", .build = LodTensors, .peak_per_byte = 24},
                    CostCase{.what = "ConfigOfALongKey",
                             .build = LongKey,
                             .read = [](const ByteSourcePtr& source) { return ReadFacts(*source, ReadLimits()).status(); },
                             .code = absl::StatusCode::kResourceExhausted,
                             .peak_per_byte = 24}),
    [](const auto& info) { return info.param.what; });

}  // namespace
}  // namespace weighbridge
