#include "formats/paddle/read_paddle.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/paddle/loaded_arrays.h"
#include "formats/paddle/paddle_dialect.h"
#include "formats/paddle/state_dict.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

using paddle::LoadedArrays;
using paddle::Quoted;

// uint16 stands for bfloat16, which numpy does not have, where Paddle makes a tensor of an array (docs/spec/formats.md 8.6).
absl::StatusOr<StoredTensor> AsPaddleTensor(const StoredTensor& array) {
  if (array.spec().dtype != DType::kUint16) return array;
  return StoredTensor::Create({DType::kBfloat16, array.spec().shape}, array.source(), array.offset(),
                              std::vector<int64_t>(array.strides().begin(), array.strides().end()));
}

// Of which arrays Paddle makes tensors: with a name table of the listed ones; without, of those in tuples, or of all when there is no
// tuple.
absl::Status AddTensors(const LoadedArrays& loaded, Checkpoint& checkpoint) {
  bool has_tuples = false;
  for (const LoadedArrays::Array& array : loaded.arrays) has_tuples |= array.tuple_name.has_value();
  std::vector<std::string> unlisted;
  for (const LoadedArrays::Array& array : loaded.arrays) {
    CheckpointTensor tensor = {.name = array.path, .tensor = array.elements, .tensor_name = array.tuple_name.value_or("")};
    bool is_tensor = array.tuple_name.has_value() || !has_tuples;
    if (loaded.name_table.has_value()) {
      const auto listed = loaded.name_table->find(array.path);
      is_tensor = listed != loaded.name_table->end();
      if (is_tensor) tensor.tensor_name = listed->second;
      if (!is_tensor) unlisted.push_back(Quoted(array.path));
    }
    if (is_tensor) {
      ASSIGN_OR_RETURN(tensor.tensor, AsPaddleTensor(array.elements));
    }
    RETURN_IF_ERROR(checkpoint.Add(std::move(tensor)));
  }
  if (unlisted.size() == 1) {
    checkpoint.remarks.push_back(absl::StrCat("the name table does not list ", unlisted[0], ", which Paddle leaves a bare array"));
  } else if (!unlisted.empty()) {
    checkpoint.remarks.push_back(absl::StrCat("the name table does not list ", unlisted.size(),
                                              " arrays, which Paddle leaves bare arrays: ", unlisted[0], " is the first"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Checkpoint> ReadPaddle(ByteSourcePtr source, const ReadLimits& limits) {
  const std::string context = absl::StrCat("reading ", source->name());
  ASSIGN_OR_RETURN(pickle::Document document, pickle::RunPickle(*source, 0, source->size(), paddle::PickleOptions(limits)),
                   Annotate(_, context));
  Checkpoint checkpoint;
  checkpoint.path = source->name();
  checkpoint.format = "pdparams";
  checkpoint.remarks = pickle::OpaqueRemarks(document);
  ASSIGN_OR_RETURN(LoadedArrays loaded, paddle::LoadArrays(document, source, limits), Annotate(_, context));
  RETURN_IF_ERROR(AddTensors(loaded, checkpoint), Annotate(_, context));
  checkpoint.unlisted = std::move(loaded.unlisted);
  checkpoint.work = loaded.work;
  if (const int64_t rest = source->size() - document.end; rest > 0) {
    // Two bytes make an empty dict, also the first ones of another file.
    if (checkpoint.tensors().empty()) {
      return absl::DataLossError(
          absl::StrCat(context, ": its pickle of ", document.end, " bytes has no tensor, and ", rest, " bytes follow"));
    }
    checkpoint.remarks.push_back(absl::StrCat(rest, " bytes after the pickle's end"));
  }
  return checkpoint;
}

}  // namespace weighbridge
