#ifndef WEIGHBRIDGE_CONVERT_CHOOSE_FORMAT_H_
#define WEIGHBRIDGE_CONVERT_CHOOSE_FORMAT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"

namespace weighbridge {

// The container where the user names none.

// Of a model beside this one: safetensors where its weights are, else torch's. Fails as RecognizeFile.
absl::StatusOr<WeightsFormat> FormatLike(const Checkpoint& checkpoint);

// Of a file of that name: by ".safetensors" and ".pdparams", else torch's.
WeightsFormat FormatByName(absl::string_view name);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_CHOOSE_FORMAT_H_
