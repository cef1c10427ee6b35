#ifndef WEIGHBRIDGE_FORMATS_TORCH_MODULE_VERSIONS_H_
#define WEIGHBRIDGE_FORMATS_TORCH_MODULE_VERSIONS_H_

#include <optional>

#include "formats/checkpoint.h"
#include "formats/pickle/value.h"

namespace weighbridge {

// The module versions that state_dict() notes: `root` is an OrderedDict whose `_metadata` is a dict of module → {"version": integer}.
// Nothing when it has no `_metadata`, or one that is not a dict. Entries of another form are passed over, and so is what an entry says
// beside the version.
std::optional<ModuleVersions> FindModuleVersions(const pickle::Value& root);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_MODULE_VERSIONS_H_
