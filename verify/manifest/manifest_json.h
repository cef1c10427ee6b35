#ifndef WEIGHBRIDGE_VERIFY_MANIFEST_MANIFEST_JSON_H_
#define WEIGHBRIDGE_VERIFY_MANIFEST_MANIFEST_JSON_H_

#include <string>

#include "formats/json/json_writer.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

// All of a manifest as JSON: fields under their own names in the order of manifest.proto, bytes as hexadecimal digits, verdicts and roles
// as words ("out of order"), integers as numbers. Fields without a value are there too, but for optional ones and messages.
std::string ManifestToJson(const Manifest& manifest);

// The same as a value of a larger text.
void WriteManifest(const Manifest& manifest, JsonWriter& json);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_MANIFEST_MANIFEST_JSON_H_
