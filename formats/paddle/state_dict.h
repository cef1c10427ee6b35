#ifndef WEIGHBRIDGE_FORMATS_PADDLE_STATE_DICT_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_STATE_DICT_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/value.h"

namespace weighbridge::paddle {

// The two entries of Paddle's state dicts that are not tensors: name → tensor name of every tensor, and name → shape and slices of every
// parameter that protocols 2 and 3 cannot hold in one piece (docs/spec/formats.md 8.1; docs/spec/reference_pipeline.md F.2).
inline constexpr absl::string_view kNameTable = "StructuredToParameterName@@";
inline constexpr absl::string_view kSlicedParameters = "UnpackBigParamInfor@@";

// A pickled dict by its text keys. The values belong to the pickle's document.
using Entries = absl::flat_hash_map<std::string, const pickle::Value*>;

// The entries of `value`, or none when it is not a dict.
Entries EntriesOf(const pickle::Value& value);

// The text that `value` is, or nullptr; also for nullptr.
const std::string* TextOf(const pickle::Value* value);

// The name as messages show it, quoted and escaped.
std::string Quoted(absl::string_view name);

}  // namespace weighbridge::paddle

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_STATE_DICT_H_
