#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "formats/bytes/output_file.h"
#include "plan/execute.h"
#include "zlib.h"
using namespace weighbridge;
int main(int argc, char** argv) {
  std::string src = "/tmp/plan_bench/src.bin", out = "/tmp/plan_bench/out.bin";
  int n = argc > 1 ? atoi(argv[1]) : 8;
  int threads = argc > 2 ? atoi(argv[2]) : 2;
  int64_t memory = (argc > 3 ? atoll(argv[3]) : 512) << 20;
  bool transpose = argc > 4 ? atoi(argv[4]) : 1;
  bool cast = argc > 5 ? atoi(argv[5]) : 1;
  bool crc = argc > 6 ? atoi(argv[6]) : 1;
  int64_t total = int64_t{n} * (11008 + 4096) * 4096 * 4;
  auto s = OpenFile(src);
  if (!s.ok() || (*s)->size() < total) {
    FILE* f = fopen(src.c_str(), "wb");
    std::string block(1 << 20, 0);
    for (int64_t i = 0; i < total; i += block.size()) {
      for (size_t k = 0; k < block.size(); k += 4) {
        float v = 0.02f * float(((i + k) * 2654435761u) % 1000) - 7;
        memcpy(&block[k], &v, 4);
      }
      fwrite(block.data(), 1, block.size(), f);
    }
    fclose(f);
    s = OpenFile(src);
  }
  auto cp = std::make_shared<Checkpoint>();
  Plan plan;
  Layout layout;
  int64_t in = 0;
  for (int i = 0; i < 2 * n; ++i) {
    Shape shape = {i % 2 ? 11008 : 4096, 4096};
    auto t = StoredTensor::CreateRowMajor({DType::kFloat32, shape}, *s, in);
    if (crc) cp->checksums.push_back({*s, in, t->byte_size(), 0, "member"});
    in += t->byte_size();
    ExprPtr e = Read("s/x", *t);
    if (transpose) e = *Permute(e, {1, 0});
    if (cast) e = *Cast(e, DType::kFloat16);
    plan.outputs.push_back({"t" + std::to_string(i), e, ""});
    layout.slots.push_back({layout.size, *ByteSize(e->spec())});
    layout.size += *ByteSize(e->spec());
  }
  plan.sources.push_back({"s", cp});
  ExecuteOptions o;
  o.threads = threads;
  o.memory = memory;
  for (int rep = 0; rep < 2; ++rep) {
    auto t0 = std::chrono::steady_clock::now();
    auto f = OutputFile::Create(out, layout.size, true);
    if (!f.ok()) {
      puts(f.status().ToString().c_str());
      return 1;
    }
    auto t1 = std::chrono::steady_clock::now();
    auto st = Execute(plan, layout, o, **f);
    auto t2 = std::chrono::steady_clock::now();
    printf("create %.3f execute %.3f s  in %.2f GB out %.2f GB  %s\n", std::chrono::duration<double>(t1 - t0).count(),
           std::chrono::duration<double>(t2 - t1).count(), in / 1e9, layout.size / 1e9, st.ToString().c_str());
  }
}
