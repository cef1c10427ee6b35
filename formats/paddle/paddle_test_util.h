#ifndef WEIGHBRIDGE_FORMATS_PADDLE_PADDLE_TEST_UTIL_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_PADDLE_TEST_UTIL_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/layout.h"
#include "formats/stored_tensor.h"

// For the tests of this folder.
namespace weighbridge::paddle {

// Lower case.
std::string Sha256Hex(absl::string_view bytes);

// The file of `layout` with payload k in slot k. The test fails when their sizes differ.
std::string Render(const Layout& layout, absl::Span<const std::string> payloads);

// The elements in row-major order. The test fails when they cannot be read.
std::string ReadElements(const StoredTensor& tensor);

// The bytes of a file that must be there.
std::string ReadFile(const std::string& path);

}  // namespace weighbridge::paddle

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_PADDLE_TEST_UTIL_H_
