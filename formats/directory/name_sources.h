#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_NAME_SOURCES_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_NAME_SOURCES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/paddle/variable_names.h"

namespace weighbridge {

// Opens the files beside a combined file of LoDTensors at `path` that may know its names, most trusted first (docs/spec/formats.md 9.5):
// for X.pdiparams these are X.pdmodel, X.json and X.pdiparams.info, for __params__ it is __model__. None beside a file of another name,
// which holds one parameter. Fails as OpenFile.
absl::StatusOr<std::vector<paddle::NameSource>> OpenNameSources(const std::string& path);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_NAME_SOURCES_H_
