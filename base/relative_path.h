#ifndef WEIGHBRIDGE_BASE_RELATIVE_PATH_H_
#define WEIGHBRIDGE_BASE_RELATIVE_PATH_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weighbridge {

// A path that stays below whatever folder it is joined to: components joined by "/". The only type of a stranger's words (of a lock, a
// listing, a header, an index, a recipe) that become part of a path. A value; thread-safe as one.
class RelativePath {
 public:
  // InvalidArgument, naming `text` and why: it is empty or absolute, has an empty component, "." or "..", a backslash, a control character
  // (NUL, C1 and line separators included) or a component of more than 255 bytes, or is longer than 1024 bytes.
  static absl::StatusOr<RelativePath> Parse(absl::string_view text);

  const std::string& text() const { return text_; }

  // At least one; views of text().
  std::vector<absl::string_view> components() const;

  friend bool operator==(const RelativePath&, const RelativePath&) = default;

 private:
  explicit RelativePath(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

// "FOLDER/PATH"; the path alone where `folder` is empty.
std::string JoinPath(absl::string_view folder, const RelativePath& path);

// InvalidArgument when the paths cannot all be files of one folder: one stands twice, or is the folder of another.
absl::Status CheckAreFilesOfOneFolder(absl::Span<const RelativePath> paths);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_BASE_RELATIVE_PATH_H_
