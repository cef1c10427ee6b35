#include "formats/pickle/emit/emitter.h"

#include <openssl/sha.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace weighbridge::pickle {
namespace {

// The pickle as a whole, its slots filled in order.
std::string Fill(const std::vector<Piece>& pieces, const std::vector<std::string>& payloads = {}) {
  std::string pickle;
  size_t slot = 0;
  for (const Piece& piece : pieces) {
    pickle += piece.bytes;
    if (!piece.payload.has_value()) continue;
    EXPECT_LT(slot, payloads.size());
    EXPECT_EQ(*piece.payload, static_cast<int64_t>(payloads[slot].size()));
    pickle += payloads[slot++];
  }
  EXPECT_EQ(slot, payloads.size());
  return pickle;
}

std::string Sha256(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return absl::BytesToHexString(digest);
}

// A dict as the pickler saves it, with texts for keys.
template <typename Key, typename SaveValue>
void EmitDict(Emitter& emitter, const std::vector<Key>& keys, SaveValue save_value) {
  emitter.EmptyDict();
  emitter.Memoize();
  if (keys.empty()) return;
  emitter.BeginItems(static_cast<int64_t>(keys.size()));
  for (const Key& key : keys) {
    emitter.Text(key);
    emitter.Memoize();
    save_value(key);
    emitter.EndItem();
  }
  emitter.EndItems();
}

// The golden vector of docs/spec/reference_pipeline.md F.3: three arrays and their name table, as paddle.save writes them.
class GoldenState {
 public:
  std::vector<Piece> Emit() {
    emitter_.EmptyDict();
    emitter_.Memoize();
    emitter_.BeginItems(4);
    const Emitter::Memo a = Array("vision_model.a", {2, 3}, "f4", 24);
    const Emitter::Memo b = Array("language_model.b", {3}, "f2", 6);
    const Emitter::Memo c = Array("bf", {2}, "u2", 4);
    MemoText("StructuredToParameterName@@");
    emitter_.EmptyDict();
    emitter_.Memoize();
    emitter_.BeginItems(3);
    Name(a, "generated_tensor_0");
    Name(b, "linear_0.w_0");
    Name(c, "eager_tmp_0");
    emitter_.EndItems();
    emitter_.EndItem();
    emitter_.EndItems();
    return emitter_.Finish();
  }

 private:
  Emitter::Memo MemoText(absl::string_view text) {
    emitter_.Text(text);
    return emitter_.Memoize();
  }

  void Name(Emitter::Memo key, absl::string_view name) {
    emitter_.Get(key);
    MemoText(name);
    emitter_.EndItem();
  }

  Emitter::Memo Global(absl::string_view module, absl::string_view name) {
    emitter_.Text(module);
    emitter_.Memoize();
    emitter_.Text(name);
    emitter_.Memoize();
    emitter_.StackGlobal();
    return emitter_.Memoize();
  }

  void Call() {
    emitter_.Tuple(3);
    emitter_.Memoize();
    emitter_.Reduce();
  }

  // The first array says what later ones refer to.
  void Reconstruct() {
    if (first_) {
      reconstruct_ = Global("numpy.core.multiarray", "_reconstruct");
      numpy_ = MemoText("numpy");
      MemoText("ndarray");
      emitter_.StackGlobal();
      ndarray_ = emitter_.Memoize();
    } else {
      emitter_.Get(reconstruct_);
      emitter_.Get(ndarray_);
    }
    emitter_.Int(0);
    emitter_.Tuple(1);
    emitter_.Memoize();
    if (first_) {
      emitter_.Bytes("b");
      code_ = emitter_.Memoize();
    } else {
      emitter_.Get(code_);
    }
    Call();
    emitter_.Memoize();
  }

  void DType(absl::string_view text) {
    if (first_) {
      emitter_.Get(numpy_);
      MemoText("dtype");
      emitter_.StackGlobal();
      dtype_ = emitter_.Memoize();
    } else {
      emitter_.Get(dtype_);
    }
    MemoText(text);
    emitter_.Bool(false);
    emitter_.Bool(true);
    Call();
    emitter_.Memoize();
    emitter_.BeginTuple();
    emitter_.Int(3);
    if (first_) {
      order_ = MemoText("<");
    } else {
      emitter_.Get(order_);
    }
    for (int i = 0; i < 3; ++i) emitter_.None();
    emitter_.Int(-1);
    emitter_.Int(-1);
    emitter_.Int(0);
    emitter_.EndTuple();
    emitter_.Memoize();
    emitter_.Build();
  }

  Emitter::Memo Array(absl::string_view key, const std::vector<int64_t>& shape, absl::string_view dtype, int64_t size) {
    const Emitter::Memo memo = MemoText(key);
    Reconstruct();
    emitter_.BeginTuple();
    emitter_.Int(1);
    for (const int64_t extent : shape) emitter_.Int(extent);
    emitter_.Tuple(static_cast<int>(shape.size()));
    emitter_.Memoize();
    DType(dtype);
    emitter_.Bool(false);
    emitter_.PayloadBytes(size);
    emitter_.Memoize();
    emitter_.EndTuple();
    emitter_.Memoize();
    emitter_.Build();
    emitter_.EndItem();
    first_ = false;
    return memo;
  }

  Emitter emitter_;
  bool first_ = true;
  Emitter::Memo reconstruct_ = 0;
  Emitter::Memo ndarray_ = 0;
  Emitter::Memo numpy_ = 0;
  Emitter::Memo dtype_ = 0;
  Emitter::Memo code_ = 0;
  Emitter::Memo order_ = 0;
};

TEST(EmitterTest, GoldenVectorOfPaddleSave) {
  const std::string a = absl::HexStringToBytes("000000000000803f0000004000004040000080400000a040");
  const std::string b = absl::HexStringToBytes("0000003c0040");
  const std::string c = absl::HexStringToBytes("00000100");
  EXPECT_EQ(absl::BytesToHexString(Fill(GoldenState().Emit(), {a, b, c})),
            "800495b3010000000000007d94288c0e766973696f6e5f6d6f64656c2e61948c156e756d70792e636f72652e6d756c74696172726179948c0c5f7265636f"
            "6e7374727563749493948c056e756d7079948c076e6461727261799493944b0085944301629487945294284b014b024b03869468058c0564747970659493"
            "948c02663494898887945294284b038c013c944e4e4e4affffffff4affffffff4b00749462894318000000000000803f0000004000004040000080400000"
            "a040947494628c106c616e67756167655f6d6f64656c2e6294680468074b008594680987945294284b014b038594680e8c02663294898887945294284b03"
            "68124e4e4e4affffffff4affffffff4b007494628943060000003c0040947494628c02626694680468074b008594680987945294284b014b028594680e8c"
            "02753294898887945294284b0368124e4e4e4affffffff4affffffff4b0074946289430400000100947494628c1b53747275637475726564546f50617261"
            "6d657465724e616d654040947d942868018c1267656e6572617465645f74656e736f725f309468168c0c6c696e6561725f302e775f309468218c0b656167"
            "65725f746d705f309475752e");
}

// The values below are what CPython 3.11.7's pickle.dump(…, protocol=4) gives.

TEST(EmitterTest, IntegersTakeTheShortestOpcode) {
  const std::vector<std::pair<int64_t, std::string>> cases = {
      {0, "80044b002e"},
      {255, "80044bff2e"},
      {256, "80049504000000000000004d00012e"},
      {65535, "80049504000000000000004dffff2e"},
      {65536, "80049506000000000000004a000001002e"},
      {2147483647, "80049506000000000000004affffff7f2e"},
      {2147483648, "80049508000000000000008a0500000080002e"},
      {-1, "80049506000000000000004affffffff2e"},
      {-2147483648, "80049506000000000000004a000000802e"},
      {-2147483649, "80049508000000000000008a05ffffff7fff2e"},
      {int64_t{1} << 40, "80049509000000000000008a060000000000012e"},
      {-(int64_t{1} << 40), "80049509000000000000008a060000000000ff2e"},
      {INT64_MAX, "8004950b000000000000008a08ffffffffffffff7f2e"},
      {INT64_MIN, "8004950b000000000000008a0800000000000000802e"},
  };
  for (const auto& [value, expected] : cases) {
    Emitter emitter;
    emitter.Int(value);
    EXPECT_EQ(absl::BytesToHexString(Fill(emitter.Finish())), expected) << value;
  }
}

TEST(EmitterTest, EmptyTuple) {
  Emitter emitter;
  emitter.Tuple(0);
  EXPECT_EQ(absl::BytesToHexString(Fill(emitter.Finish())), "8004292e");
}

TEST(EmitterTest, TupleOfFour) {
  Emitter emitter;
  emitter.BeginTuple();
  for (int i = 1; i <= 4; ++i) emitter.Int(i);
  emitter.EndTuple();
  emitter.Memoize();
  EXPECT_EQ(absl::BytesToHexString(Fill(emitter.Finish())), "8004950c00000000000000284b014b024b034b0474942e");
}

TEST(EmitterTest, DictOfOneItemHasNoMark) {
  Emitter emitter;
  EmitDict<std::string>(emitter, {"a"},
                        [&](const std::string&) { EmitDict<std::string>(emitter, {"b"}, [&](const std::string&) { emitter.Int(1); }); });
  EXPECT_EQ(absl::BytesToHexString(Fill(emitter.Finish())), "80049511000000000000007d948c0161947d948c0162944b0173732e");
}

TEST(EmitterTest, EmptyDictHasNoItems) {
  Emitter emitter;
  EmitDict<std::string>(emitter, {"a"}, [&](const std::string&) { EmitDict<std::string>(emitter, {}, [](const std::string&) {}); });
  EXPECT_EQ(absl::BytesToHexString(Fill(emitter.Finish())), "8004950a000000000000007d948c0161947d94732e");
}

TEST(EmitterTest, NoneAndBools) {
  Emitter emitter;
  EmitDict<std::string>(emitter, {"a", "b", "c"}, [&](const std::string& key) {
    if (key == "a") return emitter.None();
    emitter.Bool(key == "b");
  });
  EXPECT_EQ(absl::BytesToHexString(Fill(emitter.Finish())), "80049514000000000000007d94288c0161944e8c016294888c01639489752e");
}

std::string DictOfCounters(int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) keys.push_back(absl::StrCat("k", i));
  Emitter emitter;
  int next = 0;
  EmitDict(emitter, keys, [&](const std::string&) { emitter.Int(next++); });
  return Fill(emitter.Finish());
}

TEST(EmitterTest, ExactlyOneBatchIsFollowedByAnEmptyOne) {
  const std::string pickle = DictOfCounters(1000);
  EXPECT_EQ(pickle.substr(pickle.size() - 4), "u(u.");
  EXPECT_EQ(Sha256(pickle), "0e1f58301b8206d244f4701012af9ce2d978a7b367fd625f8bdf52ee5493a77f");
}

TEST(EmitterTest, BatchesOfAThousandItems) {
  EXPECT_EQ(Sha256(DictOfCounters(2001)), "f466dafe36eb91264e3c8eea5ee92718a4131e1484f80752ec28759c40a097d4");
}

TEST(EmitterTest, FramesEndBeforeTheValueAfter64KiB) {
  std::vector<std::string> keys;
  for (int i = 0; i < 12000; ++i) keys.push_back(absl::StrCat("key", absl::Dec(i, absl::kZeroPad6)));
  Emitter emitter;
  int next = 0;
  EmitDict(emitter, keys, [&](const std::string&) {
    emitter.Bytes(std::string(10, static_cast<char>(next++ % 256)));
    emitter.Memoize();
  });
  EXPECT_EQ(Sha256(Fill(emitter.Finish())), "ecc32b3310464af08d2714df41fca62c324f3af9c3ee830f234331fbc3c5b7bd");
}

TEST(EmitterTest, LargePayloadsStandOutsideFrames) {
  Emitter emitter;
  const std::vector<std::string> payloads = {std::string(70000, '\0'), std::string(65535, '\1'), std::string(65536, '\2'), "\3\3\3"};
  size_t next = 0;
  EmitDict<std::string>(emitter, {"a", "b", "c", "d"}, [&](const std::string&) {
    emitter.PayloadBytes(static_cast<int64_t>(payloads[next++].size()));
    emitter.Memoize();
  });
  EXPECT_EQ(Sha256(Fill(emitter.Finish(), payloads)), "c0f4362c9f3f3f81bcbde580d3d1021883f3ee1a6d1f6d83d137e5ff582bf346");
}

TEST(EmitterTest, LiteralBytesAndPayloadsGiveTheSameBytes) {
  for (const size_t size : {size_t{0}, size_t{255}, size_t{256}, size_t{65535}, size_t{65536}}) {
    const std::string contents(size, 'x');
    Emitter literal;
    literal.Bytes(contents);
    literal.Memoize();
    Emitter payload;
    payload.PayloadBytes(static_cast<int64_t>(size));
    payload.Memoize();
    EXPECT_EQ(Fill(literal.Finish()), Fill(payload.Finish(), {contents})) << size;
  }
}

TEST(EmitterTest, TextsTakeTheShortestOpcode) {
  Emitter emitter;
  emitter.Text(std::string(256, 'x'));
  emitter.Memoize();
  const std::string pickle = Fill(emitter.Finish());
  EXPECT_EQ(pickle.size(), 274u);
  EXPECT_EQ(absl::BytesToHexString(pickle.substr(0, 20)), "8004950701000000000000580001000078787878");
}

TEST(EmitterTest, LargeTextStandsOutsideFrames) {
  Emitter emitter;
  emitter.Text(std::string(70000, 'y'));
  emitter.Memoize();
  EXPECT_EQ(Sha256(Fill(emitter.Finish())), "5a3339036eaea5b61a895d443b77ac3092a5fa5e452fd63243cbc4c310b61c44");
}

TEST(EmitterTest, PayloadBeyond4GiBHasAnEightByteLength) {
  Emitter emitter;
  emitter.PayloadBytes(int64_t{1} << 32);
  emitter.Memoize();
  const std::vector<Piece> pieces = emitter.Finish();
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(absl::BytesToHexString(pieces[0].bytes), "80048e0000000001000000");
  EXPECT_EQ(pieces[0].payload, int64_t{1} << 32);
  EXPECT_EQ(absl::BytesToHexString(pieces[1].bytes), "942e");
}

TEST(EmitterTest, MemosBeyond255TakeFourBytes) {
  Emitter emitter;
  emitter.BeginTuple();
  Emitter::Memo last = 0;
  for (int i = 0; i < 257; ++i) {
    emitter.Text(absl::StrCat(i));
    last = emitter.Memoize();
  }
  emitter.Get(last - 1);
  emitter.Get(last);
  emitter.EndTuple();
  const std::string pickle = Fill(emitter.Finish());
  EXPECT_EQ(absl::BytesToHexString(pickle.substr(pickle.size() - 9)), "68ff6a00010000742e");
}

}  // namespace
}  // namespace weighbridge::pickle
