#ifndef WEIGHBRIDGE_VERIFY_MANIFEST_H_
#define WEIGHBRIDGE_VERIFY_MANIFEST_H_

#include <string>
#include <vector>

#include "proto/manifest.pb.h"

namespace weighbridge {

// The bytes of a manifest file; the same manifest always gives the same ones.
std::string SerializeManifest(const Manifest& manifest);

// What is wrong, one line for each tensor that is not exact, in the manifest's order; none when the verdict is exact:
// `tensor "a.b": element [0, 3] is 0.5 (0x3800) and should be 0.25 (0x3400); 1 of 12 elements differs`.
std::vector<std::string> Findings(const Manifest& manifest);

// The verdict in one line: "exact: 1054 of 1054 tensors are bit for bit what the recipe minigpt4 makes of blip2, vicuna and minigpt4".
std::string Summary(const Manifest& manifest);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_MANIFEST_H_
