#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_JSON_FILE_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_JSON_FILE_H_

#include "absl/status/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/json/visit_json.h"
#include "formats/read_limits.h"

namespace weighbridge {

// VisitJson over a whole file whose root must be an object; the root itself is not visited, so paths are never empty. The numbers that only
// Python's json reads (formats/json/python_numbers.h) are doubles. Fails as VisitJson, and with DataLoss when the root is something else or
// something stands in the file's place (CheckIsNoStandIn), ResourceExhausted when it has more than limits.json_bytes. Messages begin with
// "reading PATH: ".
absl::Status VisitJsonFile(const ByteSource& source, const ReadLimits& limits, JsonVisitor visit);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_JSON_FILE_H_
