#include "tools/inspect_pickles.h"

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/printable.h"
#include "base/status.h"
#include "formats/directory/list_pickles.h"
#include "formats/json/quote_json.h"
#include "formats/pickle/value.h"
#include "tools/inspect.h"

namespace weighbridge {
namespace {

using pickle::NamedGlobal;

std::string Text(const std::vector<ListedPickle>& pickles) {
  std::string text;
  int64_t outside = 0;
  for (const ListedPickle& listed : pickles) {
    absl::StrAppend(&text, Printable(listed.where), "\n");
    for (const NamedGlobal& global : listed.globals) {
      absl::StrAppend(&text, global.allowed ? "  allowed  " : "  OUTSIDE  ", Printable(global.module), " ", Printable(global.name), "  ",
                      global.count, global.count == 1 ? " time" : " times", ", first at offset ", global.offset, "\n");
      outside += global.allowed ? 0 : 1;
    }
    if (!listed.status.ok()) absl::StrAppend(&text, "  not followed further: ", Printable(listed.status.message()), "\n");
  }
  return absl::StrCat(text, pickles.size(), " pickles, ", outside, " names outside the table of allowed ones\n");
}

absl::StatusOr<std::string> Json(const std::string& path, const std::vector<ListedPickle>& pickles) {
  absl::Status status;
  const auto quote = [&status](absl::string_view text) {
    absl::StatusOr<std::string> quoted = QuoteJson(text);
    status.Update(quoted.status());
    return quoted.ok() ? *std::move(quoted) : std::string();
  };
  const auto global = [&quote](std::string* out, const NamedGlobal& global) {
    absl::StrAppend(out, "{\"module\": ", quote(global.module), ", \"name\": ", quote(global.name),
                    ", \"allowed\": ", global.allowed ? "true" : "false", ", \"count\": ", global.count, ", \"offset\": ", global.offset,
                    "}");
  };
  const auto listed = [&](std::string* out, const ListedPickle& listed) {
    absl::StrAppend(out, "\n{\"where\": ", quote(listed.where), ", \"globals\": [", absl::StrJoin(listed.globals, ", ", global),
                    "], \"error\": ", listed.status.ok() ? "null" : quote(listed.status.message()), "}");
  };
  std::string json = absl::StrCat("{\"path\": ", quote(path), ", \"pickles\": [", absl::StrJoin(pickles, ",", listed), "]}\n");
  if (!status.ok()) return status;
  return json;
}

}  // namespace

absl::StatusOr<bool> InspectPickles(const InspectOptions& options, std::ostream& out) {
  ASSIGN_OR_RETURN(const std::vector<ListedPickle> pickles, ListPickles(options.path));
  bool is_safe = true;
  absl::Status unfollowed;
  for (const ListedPickle& listed : pickles) {
    is_safe &= !listed.IsForbidden();
    if (!listed.IsForbidden() && !listed.status.ok()) {
      unfollowed.Update(Annotate(listed.status, absl::StrCat("reading ", listed.where)));
    }
  }
  if (is_safe && !unfollowed.ok()) return unfollowed;
  if (options.format == InspectOptions::Format::kText) {
    out << Text(pickles);
    return is_safe;
  }
  ASSIGN_OR_RETURN(const std::string json, Json(options.path, pickles));
  out << json;
  return is_safe;
}

}  // namespace weighbridge
