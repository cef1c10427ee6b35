// consolidate: any checkpoint → one file.

#include <cstdint>
#include <iostream>
#include <optional>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "formats/tensor_spec.h"
#include "tools/byte_count.h"
#include "tools/command_line.h"
#include "tools/consolidate.h"
#include "tools/tool.h"
#include "tools/weights_format_flag.h"

ABSL_FLAG(std::string, model, "", "the checkpoint: a folder, an index or a file");
ABSL_FLAG(std::string, output, "", "the file for the result");
ABSL_FLAG(std::string, dtype, "keep", "of floating-point tensors: keep, float32, float16 or bfloat16");
ABSL_FLAG(weighbridge::WeightsFormatFlag, format, {}, "torch, safetensors or pdparams; by the output's name when empty");
ABSL_FLAG(std::string, recipe, "",
          "the recipe, or none; when empty, the one for the architecture that config.json names if it knows all tensors, else none");
ABSL_FLAG(weighbridge::ParameterFlag, set, {}, "NAME=VALUE: a parameter of the recipe, once for each");
ABSL_FLAG(bool, verify, true, "judge the result before it is published; --noverify leaves that out");
ABSL_FLAG(bool, overwrite, false, "replace an existing file");
ABSL_FLAG(weighbridge::ByteCount, memory, weighbridge::ByteCount{int64_t{512} << 20}, "bytes of buffers, however large the tensors are");

namespace {

constexpr char kUsage[] = R"(Writes any checkpoint as one file. For a LLaMA, --dtype=float32 --format=torch gives the bytes of torch.save.

  consolidate --model=CHECKPOINT --output=FILE
  consolidate --model=vicuna-7b --output=vicuna-7b-consolidated/pytorch_model.bin --dtype=float32
)";

absl::StatusOr<std::optional<weighbridge::DType>> GetDType() {
  const std::string name = absl::GetFlag(FLAGS_dtype);
  if (name == "keep") return std::nullopt;
  for (const auto dtype : {weighbridge::DType::kFloat32, weighbridge::DType::kFloat16, weighbridge::DType::kBfloat16}) {
    if (weighbridge::DTypeName(dtype) == name) return dtype;
  }
  return absl::InvalidArgumentError(absl::StrCat("--dtype=", name, ": expected keep, float32, float16 or bfloat16"));
}

absl::StatusOr<bool> Run(const weighbridge::CommandLine& command_line) {
  if (!command_line.words.empty() || !command_line.sources.empty()) {
    return absl::InvalidArgumentError("wanted are flags only: --model=CHECKPOINT --output=FILE");
  }
  ASSIGN_OR_RETURN(weighbridge::CommonOptions common, weighbridge::GetCommonOptions(absl::GetFlag(FLAGS_memory)));
  ASSIGN_OR_RETURN(std::optional<weighbridge::DType> dtype, GetDType());
  return weighbridge::Consolidate(
      {.model = absl::GetFlag(FLAGS_model),
       .output = absl::GetFlag(FLAGS_output),
       .dtype = dtype,
       .recipe = absl::GetFlag(FLAGS_recipe),
       .format = absl::GetFlag(FLAGS_format).format,
       .request =
           {.conversion = {.compile = {.parameters = command_line.parameters, .stop = common.resources.stop}, .with_side_files = false},
            .convert = {.verify = absl::GetFlag(FLAGS_verify), .overwrite = absl::GetFlag(FLAGS_overwrite), .resources = common.resources},
            .quiet = common.quiet}},
      std::cout);
}

}  // namespace

int main(int argc, char** argv) {
  return weighbridge::RunTool(argc, argv, kUsage, Run);
}
