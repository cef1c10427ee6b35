#ifndef WEIGHBRIDGE_VERIFY_MANIFEST_MANIFEST_TESTING_H_
#define WEIGHBRIDGE_VERIFY_MANIFEST_MANIFEST_TESTING_H_

#include "proto/manifest.pb.h"

namespace weighbridge {

// For tests: the manifest of a conversion of 68 tensors from three sources, one of them made of two, in which all is as it should be and
// every sum holds.
Manifest ExactManifest();

// The same conversion with two tensors within their tolerance and one of every other verdict.
Manifest MixedManifest();

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_MANIFEST_MANIFEST_TESTING_H_
