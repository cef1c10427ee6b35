#ifndef WEIGHBRIDGE_VERIFY_MANIFEST_MESSAGE_DIFFERENCE_H_
#define WEIGHBRIDGE_VERIFY_MANIFEST_MESSAGE_DIFFERENCE_H_

#include <optional>
#include <string>

#include "google/protobuf/message.h"

namespace weighbridge {

// A field with two values.
struct MessageDifference {
  // From the root: "output.tensors[3] (lm_head.weight).content_sha256"; of entries that have them, name or id stand in parentheses.
  std::string path;
  // As text: numbers in full, enumerators by their names, texts in quotes and bytes in hexadecimal, both only from shortly before the first
  // difference on where they are long; "nothing" where the field is not there, "4 entries" where only the number of entries differs.
  std::string left;
  std::string right;
};

// The first field, in the order of the declarations, in which two messages of one type differ; nothing where serializing gives the same
// bytes. Doubles are compared by their bits, fields with presence also by it, and unknown fields by their bytes, behind all others.
std::optional<MessageDifference> FirstDifference(const google::protobuf::Message& left, const google::protobuf::Message& right);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_MANIFEST_MESSAGE_DIFFERENCE_H_
