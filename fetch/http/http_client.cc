#include "fetch/http/http_client.h"

#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge {

absl::string_view HttpHead::Find(absl::string_view name) const {
  const auto found = headers.lower_bound(std::string(name));
  return found == headers.end() || found->first != name ? absl::string_view() : absl::string_view(found->second);
}

}  // namespace weighbridge
