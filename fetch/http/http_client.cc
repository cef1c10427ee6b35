#include "fetch/http/http_client.h"

#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge {

absl::string_view HttpHead::Find(absl::string_view name) const {
  const auto found = headers.find(std::string(name));
  return found == headers.end() ? absl::string_view() : absl::string_view(found->second);
}

}  // namespace weighbridge
