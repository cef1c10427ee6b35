#include "formats/directory/find_checkpoint.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "formats/read_limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class FindCheckpointTest : public testing::Test {
 protected:
  FindCheckpointTest() {
    folder_ = std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    Clear();
  }

  void Clear() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  void Write(const std::string& name, const std::string& content = "x") {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }

  // A file each; an index names the shards behind "=": "model.safetensors.index.json=a.safetensors,b.safetensors".
  void Fill(const std::vector<std::string>& files) {
    Clear();
    for (const std::string& file : files) {
      const size_t sign = file.find('=');
      if (sign == std::string::npos) {
        Write(file);
        continue;
      }
      std::vector<std::string> map;
      for (absl::string_view shard : absl::StrSplit(file.substr(sign + 1), ',')) {
        map.push_back(absl::StrCat("\"", map.size(), "\":\"", shard, "\""));
      }
      Write(file.substr(0, sign), absl::StrCat("{\"weight_map\":{", absl::StrJoin(map, ","), "}}"));
    }
  }

  absl::StatusOr<FoundCheckpoint> Find() const { return FindCheckpoint(folder_, ReadLimits()); }

  std::filesystem::path folder_;
};

TEST_F(FindCheckpointTest, TakesTheOneThatTheLibrariesTake) {
  struct Case {
    const char* what;
    std::vector<std::string> files;
    const char* found;
  };
  const Case cases[] = {
      {"AppleDouble", {"adapter_model.safetensors", "._adapter_model.safetensors", "._adapter_config.json"}, "adapter_model.safetensors"},
      {"AppleDouble of shards and index",
       {"model-00001-of-00001.safetensors", "._model-00001-of-00001.safetensors", "._model.safetensors.index.json",
        "model.safetensors.index.json=model-00001-of-00001.safetensors", ".DS_Store"},
       "model.safetensors.index.json"},
      {"a variant alone", {"model.fp16.safetensors"}, "model.fp16.safetensors"},
      {"a variant in shards",
       {"model.fp16-00001-of-00001.safetensors", "model.safetensors.index.fp16.json=model.fp16-00001-of-00001.safetensors"},
       "model.safetensors.index.fp16.json"},
      {"a variant beside the plain one", {"model.fp16.safetensors", "model.safetensors"}, "model.safetensors"},
      {"a variant in shards beside the plain one",
       {"pytorch_model.bin", "pytorch_model.fp16-00001-of-00001.bin",
        "pytorch_model.bin.index.fp16.json=pytorch_model.fp16-00001-of-00001.bin"},
       "pytorch_model.bin"},
      {"diffusers",
       {"diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors"},
       "diffusion_pytorch_model.safetensors"},
      {"diffusers, a variant alone", {"diffusion_pytorch_model.fp16.bin"}, "diffusion_pytorch_model.fp16.bin"},
      {"PaddleNLP's unified checkpoint",
       {"peft_model-00001-of-00001.safetensors", "peft_model.safetensors.index.json=peft_model-00001-of-00001.safetensors",
        "optimizer-00001-of-00001.safetensors", "optimizer.safetensors.index.json=optimizer-00001-of-00001.safetensors",
        "master_weights-00001-of-00001.safetensors", "master_weights.safetensors.index.json=master_weights-00001-of-00001.safetensors"},
       "peft_model.safetensors.index.json"},
      {"trainer state", {"x.pth", "optimizer.bin", "optimizer_1.bin", "scheduler.bin", "sampler.bin", "rng_state.pth"}, "x.pth"},
      {"Mistral's two sets",
       {"consolidated.safetensors", "model-00001-of-00001.safetensors", "model.safetensors.index.json=model-00001-of-00001.safetensors"},
       "model.safetensors.index.json"},
      {"the merged model beside its adapter", {"adapter_model.safetensors", "model.safetensors"}, "model.safetensors"},
      {"the merged model's variant beside its adapter", {"adapter_model.safetensors", "model.bf16.safetensors"}, "model.bf16.safetensors"},
      {"an adapter", {"adapter_model.safetensors"}, "adapter_model.safetensors"},
      {"Paddle's inference model", {"inference.json", "inference.pdiparams", "inference.yml"}, "inference.pdiparams"},
      {"Paddle's older inference model", {"__model__", "__params__"}, "__params__"},
      {"a model of one part", {"consolidated.00.pth", "params.json"}, "consolidated.00.pth"},
      {"a shard that is the only one", {"model-00001-of-00001.safetensors"}, "model-00001-of-00001.safetensors"},
      {"the whole beside parts",
       {"model_state.pdparams", "model_state.tp00.pdparams", "model_state.tp01.pdparams"},
       "model_state.pdparams"},
  };
  for (const Case& c : cases) {
    Fill(c.files);
    std::filesystem::create_directory(folder_ / "model.bin");
    const absl::StatusOr<FoundCheckpoint> found = Find();
    ASSERT_TRUE(found.ok()) << c.what << ": " << found.status();
    EXPECT_EQ(found->path, folder_ / c.found) << c.what;
  }
}

TEST_F(FindCheckpointTest, RefusesAndSaysWhatThereIs) {
  struct Case {
    const char* what;
    std::vector<std::string> files;
    StatusCode code;
    std::vector<std::string> mentions;
  };
  const StatusCode kPrecondition = StatusCode::kFailedPrecondition;
  const Case cases[] = {
      {"two variants",
       {"model.fp16.safetensors", "model.bf16.safetensors"},
       kPrecondition,
       {"2 complete checkpoints: model.bf16", "model.fp16"}},
      {"two adapters", {"adapter_model.bin", "adapter_model.safetensors"}, kPrecondition, {"2 complete checkpoints"}},
      {"Meta's parts",
       {"consolidated.00.pth", "consolidated.01.pth"},
       kPrecondition,
       {"parts of one model", "consolidated.00.pth", "consolidated.01.pth"}},
      {"a part but the first", {"consolidated.01.pth"}, kPrecondition, {"a part of one model", "consolidated.01.pth"}},
      {"parts beside other weights", {"consolidated.00.pth", "consolidated.01.pth", "lora.pth"}, kPrecondition, {"parts of one model"}},
      {"DeepSpeed's parts", {"mp_rank_00_model_states.pt", "mp_rank_01_model_states.pt"}, kPrecondition, {"parts of one model"}},
      {"PaddleNLP's parts", {"model_state.tp00.pdparams", "model_state.tp01.pdparams"}, kPrecondition, {"parts of one model"}},
      {"many parts",
       {"rank0.pt", "rank1.pt", "rank2.pt", "rank3.pt", "rank4.pt", "rank5.pt"},
       kPrecondition,
       {"rank0.pt, rank1.pt, rank2.pt, rank3.pt and 2 more"}},
      {"Megatron's folders",
       {"mp_rank_00/model_optim_rng.pt", "mp_rank_01/model_optim_rng.pt"},
       kPrecondition,
       {"parts of one model", "mp_rank_00"}},
      {"LoRAs of two ranks", {"lora_rank_64.pt", "lora_rank_65.pt"}, kPrecondition, {"2 complete checkpoints"}},
      {"torch.distributed.checkpoint",
       {".metadata", "__0_0.distcp"},
       StatusCode::kUnimplemented,
       {"torch.distributed.checkpoint", "dcp_to_torch"}},
      {"a shard without its index", {"model-00001-of-00002.safetensors"}, kPrecondition, {"without the index"}},
      {"Paddle's model of a file each", {"__model__", "fc_0.w_0"}, kPrecondition, {"__model__", "a file each"}},
      {"trainer state alone", {"optimizer.pt", "config.json"}, kPrecondition, {"holds no checkpoint", "it has config.json, optimizer.pt"}},
      {"a pipeline of diffusers",
       {"model_index.json", "unet/diffusion_pytorch_model.safetensors"},
       kPrecondition,
       {"folders in it hold weights: unet"}},
      {"FSDP's folder",
       {"pytorch_model_fsdp_0/__0_0.distcp", "optimizer.bin"},
       kPrecondition,
       {"folders in it hold weights: pytorch_model_fsdp_0"}},
      {"a repository of the hub's cache",
       {"refs/main", "blobs/0123", "snapshots/89ab/model.safetensors"},
       kPrecondition,
       {"pass one of its snapshots/: 89ab"}},
      {"an index without shards and an adapter",
       {"model.safetensors.index.json=m.safetensors", "adapter_model.bin"},
       kPrecondition,
       {"m.safetensors, which is not there; pass one of these if it is meant: adapter_model.bin"}},
      {"nothing", {}, kPrecondition, {"holds no checkpoint", "it has no file"}},
  };
  for (const Case& c : cases) {
    Fill(c.files);
    const absl::Status status = Find().status();
    EXPECT_EQ(status.code(), c.code) << c.what << ": " << status;
    for (const std::string& mention : c.mentions) EXPECT_THAT(std::string(status.message()), HasSubstr(mention)) << c.what;
    if (c.what != std::string("LoRAs of two ranks") && !absl::StartsWith(c.what, "two ")) {
      EXPECT_THAT(std::string(status.message()), Not(HasSubstr("complete checkpoints"))) << c.what;
    }
  }
}

TEST_F(FindCheckpointTest, SaysWhatAListingShowsAndNobodyCanRead) {
  Write("model.safetensors", "");
  EXPECT_THAT(std::string(Find().status().message()), HasSubstr("no complete checkpoint: model.safetensors is empty"));
  std::filesystem::remove(folder_ / "model.safetensors");
  std::filesystem::create_symlink("../../blobs/0123", folder_ / "model.safetensors");
  EXPECT_THAT(std::string(Find().status().message()), HasSubstr("model.safetensors is a link to ../../blobs/0123, which is not there"));
  Write("model.safetensors.index.json", R"({"weight_map":{"a":"model.safetensors"}})");
  EXPECT_THAT(std::string(Find().status().message()), HasSubstr("names the shard model.safetensors, which is a link to"));
  Write("pytorch_model.bin");
  const absl::StatusOr<FoundCheckpoint> found = Find();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->path, folder_ / "pytorch_model.bin");
  EXPECT_THAT(found->remarks, ElementsAre(HasSubstr("model.safetensors is a link"), HasSubstr("names the shard")));
}

TEST_F(FindCheckpointTest, RemarksWhatItPassesOverForAnUnusualName) {
  Fill({"model.fp16.safetensors", "adapter_model.safetensors", "model.safetensors.index.json=absent.safetensors"});
  absl::StatusOr<FoundCheckpoint> found = Find();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->remarks, ElementsAre(HasSubstr("absent.safetensors"), HasSubstr("adapter_model.safetensors")));
  Fill({"model.safetensors", "model.fp16.safetensors", "adapter_model.safetensors"});
  found = Find();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->remarks, IsEmpty());
}

}  // namespace
}  // namespace weighbridge
