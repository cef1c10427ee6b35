#include "formats/zip/zip_member.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace weighbridge {

std::string Label(const ZipMember& member) {
  return absl::StrCat("member \"", absl::Utf8SafeCEscape(member.name), "\"");
}

}  // namespace weighbridge
