#ifndef WEIGHBRIDGE_CONVERT_RESULT_METADATA_H_
#define WEIGHBRIDGE_CONVERT_RESULT_METADATA_H_

#include <map>
#include <string>
#include <vector>

#include "expr/plan.h"
#include "formats/directory/checkpoint_layout.h"

namespace weighbridge {

// The metadata of a result in safetensors. Of one source it is the source's, all of it (a LoRA's rank and base model stand there); of
// several it is what all of them state with the same value, for the result is none of them. "format" is what the recipe calls the
// framework, if it does. Nothing else is added.
std::map<std::string, std::string> ResultMetadata(const Plan& plan);

// The remarks on each source and on the plan, and one that names the metadata of sources, "format" aside, which a result of that format
// does not have.
std::vector<std::string> ConversionRemarks(const Plan& plan, WeightsFormat format);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_RESULT_METADATA_H_
