#include "fetch/queries.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "fetch/uri.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

// Of one address; says in `had_query` whether there was one.
absl::Status Take(std::string& text, Queries& queries, bool& had_query) {
  absl::StatusOr<Uri> uri = text.empty() ? Uri{} : ParseUri(text);
  if (!uri.ok()) return uri.status();
  if (uri->query.empty()) return absl::OkStatus();
  had_query = true;
  if (absl::Status status = TakeQuery(*uri, queries); !status.ok()) return status;
  text = absl::StrCat(uri->ToString(), uri->sha256.empty() ? "" : "#sha256=", uri->sha256);
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
    if (absl::Status status = Take(*source.mutable_uri(), queries, ignored); !status.ok()) return status;
    for (LockedFile& file : *source.mutable_files()) {
      bool had_query = file.had_query();
      if (absl::Status status = Take(*file.mutable_uri(), queries, had_query); !status.ok()) return status;
      file.set_had_query(had_query);
      for (std::string& mirror : *file.mutable_mirrors()) {
        if (absl::Status status = Take(mirror, queries, ignored); !status.ok()) return status;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
