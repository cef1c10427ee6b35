#include "fetch/lock/queries.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

// Of one address; says in `had_query` whether there was one.
absl::Status Take(std::string& text, Queries& queries, bool& had_query) {
  ASSIGN_OR_RETURN(Uri uri, text.empty() ? Uri{} : ParseUri(text));
  if (uri.query.empty()) return absl::OkStatus();
  had_query = true;
  RETURN_IF_ERROR(TakeQuery(uri, queries));
  text = absl::StrCat(uri.ToString(), uri.sha256.empty() ? "" : "#sha256=", uri.sha256);
  return absl::OkStatus();
}

}  // namespace

absl::Status TakeQuery(Uri& uri, Queries& queries) {
  if (uri.query.empty()) return absl::OkStatus();
  const auto [known, is_new] = queries.emplace(uri.address, uri.query);
  if (!is_new && known->second != uri.query) {
    return absl::InvalidArgumentError(absl::StrCat(uri.ToString(), ": is given with two queries, which no lock tells apart"));
  }
  uri.query.clear();
  return absl::OkStatus();
}

absl::Status TakeQueries(WeightsLock& lock, Queries& queries) {
  for (WeightsSource& source : *lock.mutable_sources()) {
    bool ignored = false;
    RETURN_IF_ERROR(Take(*source.mutable_uri(), queries, ignored));
    for (LockedFile& file : *source.mutable_files()) {
      bool had_query = file.had_query();
      RETURN_IF_ERROR(Take(*file.mutable_uri(), queries, had_query));
      file.set_had_query(had_query);
      for (std::string& mirror : *file.mutable_mirrors()) {
        RETURN_IF_ERROR(Take(mirror, queries, ignored));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
