#ifndef WEIGHBRIDGE_FORMATS_PADDLE_RESTORE_BFLOAT16_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_RESTORE_BFLOAT16_H_

#include "absl/status/status.h"
#include "formats/checkpoint.h"

namespace weighbridge::paddle {

// PaddleNLP saves safetensors through numpy, which has no bfloat16: the header says U16, and Paddle, which has no uint16, makes bfloat16 of
// it again. Here the tensors of such a checkpoint become bfloat16, with a remark, where its facts say so: config.json states dtype (or
// torch_dtype) bfloat16 and either paddlenlp_version or the file's metadata "format" np or paddle; or it states paddlenlp_version and no
// dtype. Everything else stays as it is; nothing is guessed from a header alone. Fails as StoredTensor::Create, which succeeded before.
absl::Status RestoreBfloat16(Checkpoint& checkpoint);

}  // namespace weighbridge::paddle

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_RESTORE_BFLOAT16_H_
