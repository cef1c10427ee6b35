#include "formats/directory/file_role.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "re2/re2.h"

namespace weighbridge {
namespace {

using Kind = FileRole::Kind;
using Rank = FileRole::Rank;

// Removes ".index.json", or ".index.fp16.json" as transformers and diffusers name the index of a variant, of which "model.safetensors.fp16"
// is left.
bool RemoveIndexSuffix(std::string& name) {
  static const RE2 kIndex(R"(\.index((?:\.[\w-]+)?)\.json$)");
  return RE2::Replace(&name, kIndex, R"(\1)");
}

// Removes "-00001-of-00002" and returns what stands between the dashes; "" when there is none.
std::string RemoveShard(std::string& name) {
  static const RE2 kShard(R"(-(\d+-of-\d+)(\.|$))");
  std::string shard;
  if (RE2::PartialMatch(name, kShard, &shard)) RE2::Replace(&name, kShard, R"(\2)");
  return shard;
}

// "00001-of-00001": a whole.
bool IsOnlyShard(const std::string& shard) {
  static const RE2 kOnly("0*1-of-0*1");
  return RE2::FullMatch(shard, kOnly);
}

bool HasWeightsExtension(absl::string_view name) {
  static constexpr absl::string_view kExtensions[] = {".bin", ".pt", ".pth", ".safetensors", ".pdparams", ".pdiparams"};
  return std::any_of(std::begin(kExtensions), std::end(kExtensions), [&](absl::string_view e) { return absl::EndsWith(name, e); });
}

// Of transformers, accelerate, DeepSpeed, Megatron, PaddleNLP, torchtune and verl.
bool IsTrainerState(const std::string& name) {
  static const RE2 kState(
      R"((?:training_args|trainer_state|recipe_state|extra_state|(?:distrib_)?optim|optimizer|(?:lr_)?scheduler|(?:grad_)?scaler|sampler|dl_state_dict)"
      R"(|rng_state|random_states|master_weights)(?:[._-].*)?|.*optim_states\.pt)");
  return RE2::FullMatch(name, kState);
}

// `name` without index suffix and shard. A variant stands before the extension, in the name of an index also behind it.
Rank RankOf(const std::string& name) {
  static const RE2 kStandard(
      R"((?:pytorch_model((?:\.[\w-]+)?)\.bin|model((?:\.[\w-]+)?)\.safetensors|model_state((?:\.[\w-]+)?)\.pdparams))"
      R"(((?:\.[\w-]+)?))");
  static const RE2 kDiffusers(R"(diffusion_pytorch_model((?:\.[\w-]+)?)\.(?:bin|safetensors)((?:\.[\w-]+)?))");
  std::string variants[4];
  if (RE2::FullMatch(name, kStandard, &variants[0], &variants[1], &variants[2], &variants[3])) {
    return std::all_of(std::begin(variants), std::end(variants), [](const std::string& v) { return v.empty(); }) ? Rank::kStandard
                                                                                                                 : Rank::kModel;
  }
  if (RE2::FullMatch(name, kDiffusers, &variants[0], &variants[1])) {
    return variants[0].empty() && variants[1].empty() ? Rank::kModel : Rank::kVariant;
  }
  return Rank::kOtherName;
}

enum class Several { kAlways, kByNumber, kNever };

// A custom by which parts are named: what stands before the number, the number, the rest; and whether a name says that it is one of
// several.
struct PartName {
  RE2 pattern;
  Several several;
};

void FindPart(const std::string& name, FileRole& role) {
  static const PartName kPartNames[] = {
      {R"((consolidated\.)(\d+)(\..*))", Several::kByNumber},                    // Meta.
      {R"((.*?\.(?:tp|pp))(\d+)([._].*))", Several::kAlways},                    // PaddleNLP.
      {R"((.*?world_size_(?:[2-9]|\d\d+)_rank_)(\d+)(.*))", Several::kAlways},   // verl.
      {R"((model)(\d+)(-mp(?:[2-9]|\d\d+)\..*))", Several::kAlways},             // DeepSeek.
      {R"((layer_)(\d+)(-model_\d+.*))", Several::kAlways},                      // GPT-NeoX.
      {R"((.*?mp_rank_)(\d+)(.*))", Several::kByNumber},                         // DeepSpeed, Megatron.
      {R"(((?:.*?[._-])?(?:rank|part|shard)[_-]?)(\d+)(.*))", Several::kNever},  // A LoRA's rank is a number, too.
  };
  // "zero_pp_rank_0_mp_rank_00_model_states.pt" has two numbers.
  static const RE2 kNumbers(R"((^model|-model_|consolidated\.|\.tp|[._]pp|(?:rank|part|shard|layer)[_-]?)\d+)");
  for (const PartName& part_name : kPartNames) {
    std::string before, number, behind;
    if (!RE2::FullMatch(name, part_name.pattern, &before, &number, &behind) || !absl::SimpleAtoi(number, &role.part)) continue;
    role.is_surely_part = part_name.several == Several::kAlways || (part_name.several == Several::kByNumber && role.part > 0);
    const std::string next = absl::StrCat(int64_t{role.part} + 1);
    const size_t width = std::max(number.size(), next.size());
    role.next_part = absl::StrCat(before, std::string(width - next.size(), '0'), next, behind);
    role.part_of = name;
    RE2::GlobalReplace(&role.part_of, kNumbers, R"(\1*)");
    return;
  }
}

}  // namespace

FileRole RoleOf(absl::string_view name) {
  FileRole role;
  if (absl::StartsWith(name, ".")) return role;
  if (absl::EndsWith(name, ".distcp")) {
    role.kind = Kind::kDistributed;
    return role;
  }
  std::string plain(name);
  const bool is_index = RemoveIndexSuffix(plain);
  if (!is_index && !HasWeightsExtension(name) && name != "__params__") return role;
  if (IsTrainerState(std::string(name))) {
    role.kind = Kind::kTrainerState;
    return role;
  }
  role.shard = is_index ? "" : RemoveShard(plain);
  role.rank = RankOf(plain);
  role.kind = is_index ? Kind::kIndex : Kind::kWeights;
  if (IsOnlyShard(role.shard)) {
    role.shard.clear();
    role.rank = Rank::kOtherName;
  }
  if (!role.shard.empty()) role.kind = Kind::kShard;
  if (role.kind != Kind::kWeights) return role;
  FindPart(std::string(name), role);
  if (!role.part_of.empty()) role.rank = Rank::kOtherName;
  return role;
}

bool IsStandardWeights(absl::string_view name) {
  std::string plain(name);
  if (!RemoveIndexSuffix(plain)) RemoveShard(plain);
  return RankOf(plain) == Rank::kStandard;
}

}  // namespace weighbridge
