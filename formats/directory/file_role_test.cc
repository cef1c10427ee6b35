#include "formats/directory/file_role.h"

#include <string>

#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using Kind = FileRole::Kind;
using Rank = FileRole::Rank;

TEST(RoleOfTest, TellsWeightsIndexesAndShardsByTheirNames) {
  struct Case {
    const char* name;
    Kind kind;
    Rank rank = Rank::kOtherName;
    const char* shard = "";
  };
  const Case cases[] = {
      {"pytorch_model.bin", Kind::kWeights, Rank::kStandard},
      {"model.safetensors", Kind::kWeights, Rank::kStandard},
      {"model_state.pdparams", Kind::kWeights, Rank::kStandard},
      {"model.safetensors.index.json", Kind::kIndex, Rank::kStandard},
      {"model-00001-of-00002.safetensors", Kind::kShard, Rank::kStandard, "00001-of-00002"},
      {"model-00001-of-000163.safetensors", Kind::kShard, Rank::kStandard, "00001-of-000163"},
      {"pytorch_model.fp16.bin", Kind::kWeights, Rank::kModel},
      {"model.non-ema.safetensors", Kind::kWeights, Rank::kModel},
      {"model.safetensors.index.fp16.json", Kind::kIndex, Rank::kModel},
      {"model.fp16.safetensors.index.json", Kind::kIndex, Rank::kModel},
      {"model.safetensors.fp16.index.json", Kind::kIndex, Rank::kModel},
      {"model.fp16-00001-of-00002.safetensors", Kind::kShard, Rank::kModel, "00001-of-00002"},
      {"diffusion_pytorch_model.safetensors", Kind::kWeights, Rank::kModel},
      {"diffusion_pytorch_model.fp16.bin", Kind::kWeights, Rank::kVariant},
      {"diffusion_pytorch_model.safetensors.index.fp16.json", Kind::kIndex, Rank::kVariant},
      {"diffusion_pytorch_model-00001-of-00002.fp16.safetensors", Kind::kShard, Rank::kVariant, "00001-of-00002"},
      {"adapter_model.safetensors", Kind::kWeights},
      {"peft_model.safetensors.index.json", Kind::kIndex},
      {"peft_model-00001-of-00001.safetensors", Kind::kWeights},
      {"consolidated.safetensors", Kind::kWeights},
      {"inference.pdiparams", Kind::kWeights},
      {"__params__", Kind::kWeights},
      {"model.bin", Kind::kWeights},
      {"optimizer.pt", Kind::kTrainerState},
      {"optimizer.bin", Kind::kTrainerState},
      {"optimizer_1.bin", Kind::kTrainerState},
      {"optimizer-00001-of-00001.safetensors", Kind::kTrainerState},
      {"optimizer.safetensors.index.json", Kind::kTrainerState},
      {"master_weights.safetensors.index.json", Kind::kTrainerState},
      {"master_weights-00001-of-00002.safetensors", Kind::kTrainerState},
      {"training_args.bin", Kind::kTrainerState},
      {"rng_state_0.pth", Kind::kTrainerState},
      {"extra_state_world_size_8_rank_0.pt", Kind::kTrainerState},
      {"scheduler.pdparams", Kind::kTrainerState},
      {"zero_pp_rank_0_mp_rank_00_optim_states.pt", Kind::kTrainerState},
      {"__0_0.distcp", Kind::kDistributed},
      {"config.json", Kind::kNone},
      {"trainer_state.json", Kind::kNone},
      {"inference.pdiparams.info", Kind::kNone},
      {"._model.safetensors", Kind::kNone},
      {"._model.safetensors.index.json", Kind::kNone},
      {".DS_Store", Kind::kNone},
      {".pytorch_model.bin.weighbridge-previous", Kind::kNone},
      {"", Kind::kNone},
      {".", Kind::kNone},
  };
  for (const Case& c : cases) {
    const FileRole role = RoleOf(c.name);
    EXPECT_EQ(static_cast<int>(role.kind), static_cast<int>(c.kind)) << c.name;
    EXPECT_EQ(static_cast<int>(role.rank), static_cast<int>(c.rank)) << c.name;
    EXPECT_EQ(role.shard, c.shard) << c.name;
    EXPECT_EQ(role.part_of, "") << c.name;
  }
}

TEST(RoleOfTest, TellsPartsOfModelsThatWereCut) {
  struct Case {
    const char* name;
    const char* part_of;
    int part;
    bool is_surely_part;
    const char* next_part;
  };
  const Case cases[] = {
      {"consolidated.00.pth", "consolidated.*.pth", 0, false, "consolidated.01.pth"},
      {"consolidated.09.pth", "consolidated.*.pth", 9, true, "consolidated.10.pth"},
      {"mp_rank_00_model_states.pt", "mp_rank_*_model_states.pt", 0, false, "mp_rank_01_model_states.pt"},
      {"zero_pp_rank_0_mp_rank_01_model_states.pt", "zero_pp_rank_*_mp_rank_*_model_states.pt", 1, true,
       "zero_pp_rank_0_mp_rank_02_model_states.pt"},
      {"model_state.tp00.pdparams", "model_state.tp*.pdparams", 0, true, "model_state.tp01.pdparams"},
      {"model_state.tp01_pp00.pdparams", "model_state.tp*_pp*.pdparams", 1, true, "model_state.tp02_pp00.pdparams"},
      {"model_world_size_8_rank_0.pt", "model_world_size_8_rank_*.pt", 0, true, "model_world_size_8_rank_1.pt"},
      {"model_world_size_1_rank_0.pt", "model_world_size_1_rank_*.pt", 0, false, "model_world_size_1_rank_1.pt"},
      {"model0-mp8.safetensors", "model*-mp8.safetensors", 0, true, "model1-mp8.safetensors"},
      {"layer_03-model_00-model_states.pt", "layer_*-model_*-model_states.pt", 3, true, "layer_04-model_00-model_states.pt"},
      {"rank0.safetensors", "rank*.safetensors", 0, false, "rank1.safetensors"},
      {"pytorch_model_0_rank1.bin", "pytorch_model_0_rank*.bin", 1, false, "pytorch_model_0_rank2.bin"},
      {"reshard-model_part-1.pt", "reshard-model_part-*.pt", 1, false, "reshard-model_part-2.pt"},
      {"lora_rank_64.safetensors", "lora_rank_*.safetensors", 64, false, "lora_rank_65.safetensors"},
  };
  for (const Case& c : cases) {
    const FileRole role = RoleOf(c.name);
    EXPECT_EQ(static_cast<int>(role.kind), static_cast<int>(Kind::kWeights)) << c.name;
    EXPECT_EQ(static_cast<int>(role.rank), static_cast<int>(Rank::kOtherName)) << c.name;
    EXPECT_EQ(role.part_of, c.part_of);
    EXPECT_EQ(role.part, c.part) << c.name;
    EXPECT_EQ(role.is_surely_part, c.is_surely_part) << c.name;
    EXPECT_EQ(role.next_part, c.next_part);
  }
  EXPECT_EQ(RoleOf("consolidated.99999999999999999999.pth").part_of, "") << "no number that fits";
}

TEST(IsStandardWeightsTest, KnowsEveryFileOfAFoldersCheckpoint) {
  for (const char* name : {"pytorch_model.bin", "model.safetensors", "model_state.pdparams", "pytorch_model.bin.index.json",
                           "model-00001-of-00002.safetensors", "model_state-00001-of-00001.pdparams"}) {
    EXPECT_TRUE(IsStandardWeights(name)) << name;
  }
  for (const char* name : {"model.fp16.safetensors", "adapter_model.safetensors", "config.json", "model.bin", "my-model.safetensors",
                           "model_state.tp00.pdparams", ".model.safetensors"}) {
    EXPECT_FALSE(IsStandardWeights(name)) << name;
  }
}

}  // namespace
}  // namespace weighbridge
