#include "formats/pickle/emit/protocol2_emitter.h"

#include <openssl/sha.h>

#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "formats/pickle/emit/encoding.h"
#include "gtest/gtest.h"

namespace weighbridge::pickle {
namespace {

std::string Sha256(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return absl::BytesToHexString(digest);
}

// The values below are what CPython 3.11.7's pickle.dump(…, protocol=2) gives.

// ((), (1,), (1, 2), (True, False, -1), (1, 2, 3, 4))
TEST(Protocol2EmitterTest, Tuples) {
  Protocol2Emitter emitter;
  emitter.BeginTuple();
  emitter.Tuple(0);
  emitter.Int(1);
  emitter.Tuple(1);
  emitter.Int(1);
  emitter.Int(2);
  emitter.Tuple(2);
  emitter.Bool(true);
  emitter.Bool(false);
  emitter.Int(-1);
  emitter.Tuple(3);
  emitter.BeginTuple();
  for (int i = 1; i <= 4; ++i) emitter.Int(i);
  emitter.EndTuple();
  emitter.EndTuple();
  EXPECT_EQ(absl::BytesToHexString(emitter.Finish()),
            "800228294b018571004b014b0286710188894affffffff877102284b014b024b034b047471037471042e");
}

// An OrderedDict with the attribute v = "storage", in which an object of persistent id ("storage", OrderedDict, 2**40) stands under "w".
TEST(Protocol2EmitterTest, ObjectsAndReferences) {
  Protocol2Emitter emitter;
  const Protocol2Emitter::Memo ordered_dict = emitter.Global("collections", "OrderedDict");
  emitter.Tuple(0);
  emitter.Reduce();
  emitter.BeginItems(ItemBatches::Of::kSubclass, 1);
  emitter.Text("w");
  const Protocol2Emitter::Memo storage = emitter.Text("storage");
  emitter.Get(ordered_dict);
  emitter.Int(int64_t{1} << 40);
  emitter.Tuple(3);
  emitter.PersistentId();
  emitter.EndItem();
  emitter.EndItems();
  emitter.EmptyDict();
  emitter.BeginItems(ItemBatches::Of::kDict, 1);
  emitter.Text("v");
  emitter.Get(storage);
  emitter.EndItem();
  emitter.EndItems();
  emitter.Build();
  EXPECT_EQ(
      absl::BytesToHexString(emitter.Finish()),
      "800263636f6c6c656374696f6e730a4f726465726564446963740a7100295271015801000000777102580700000073746f72616765710368008a06000000000001"
      "87710451737d71055801000000767106680373622e");
}

// {"k0": 0, "k1": 1, …}, or the OrderedDict of that.
std::string Counters(ItemBatches::Of of, int count) {
  Protocol2Emitter emitter;
  if (of == ItemBatches::Of::kDict) {
    emitter.EmptyDict();
  } else {
    emitter.Global("collections", "OrderedDict");
    emitter.Tuple(0);
    emitter.Reduce();
  }
  emitter.BeginItems(of, count);
  for (int i = 0; i < count; ++i) {
    emitter.Text(absl::StrCat("k", i));
    emitter.Int(i);
    emitter.EndItem();
  }
  emitter.EndItems();
  return emitter.Finish();
}

TEST(Protocol2EmitterTest, ItemsStandInBatchesOfAThousand) {
  const struct {
    int count;
    const char* dict;
    const char* subclass;
  } cases[] = {
      {0, "ad2598304a8af697d0c335a50a3e5a1ba06c82d9b63ef5f9d3e730b54cf9148a",
       "f415ed8a5f5414778834b70e68576b4cb1004836b3d1c11c0081e680872fd89e"},
      {1, "d5a12b328bbf532fb8ae0bdf4e15894e1547f0457ff305d69ffb983b56e88a34",
       "177a3a4da00fb461f8e34ccc86b5a610c588c1f430205e10b6996f40e1759706"},
      {2, "186e0c061670d067cbd0667fd2fe3efb3d76451dbec05b31cc889b27eb0c5f25",
       "ded22c026bd1b0b8904766549d73f44201217ca450df6c2b05b6c863013715fa"},
      {999, "ecd1ac22cad7616e8a7d6c6274788717145ebfbd15298e35097d5a5327157cd6",
       "d77b29fc15beefe43911d25642d278555cc66eef9b18e0a7dbf9ea118e994252"},
      {1000, "4c419e623f3fffbd83f3105c3e637c5d364e83796364ba8fdf43e8de56c633b8",
       "8c6154e46f97293e6b325be218e6d1a18f32eabac50e9789b02101826a5d6f77"},
      {1001, "5f7e312181dee612c435874e4e1ef89726cbb39d7b4eb2e9ac96adeab46e9b53",
       "483776ab88c2cc8834f344a14175ac58a1c699a735e7538a5c73b2a7933f66ab"},
      {2000, "82e667d9f2d86a69cc601829cd3867548fc3ad84a825355ddeb22c7e92aa7cc4",
       "5bdc3f95b59c005b938d39fb308f6633f6b77e150e3ce3df812cacc363e96a93"},
      {2001, "5056f11eb7cdb7bd74e039bfd0b59c8fbbb71d88cfea337e66ee7202e612043b",
       "507c30e20c87fb51ef1c95b9879d211bfec41afccc4a7e8a1f21bcb3be16f373"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Sha256(Counters(ItemBatches::Of::kDict, c.count)), c.dict) << c.count;
    EXPECT_EQ(Sha256(Counters(ItemBatches::Of::kSubclass, c.count)), c.subclass) << c.count;
  }
}

}  // namespace
}  // namespace weighbridge::pickle
