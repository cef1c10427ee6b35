// fetch: brings the files that addresses or a set name, whole and verified.

#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "tools/byte_count.h"
#include "tools/command_line.h"
#include "tools/fetch.h"
#include "tools/fetch_environment.h"
#include "tools/tool.h"

ABSL_FLAG(std::string, set, "", "all sources of a recipe: minigpt4-7b, minigpt4-13b, or a file of that form");
ABSL_FLAG(std::string, into, "", "the folder for the files");
ABSL_FLAG(std::string, lock, "", "the lock file; by default weights.lock in that folder");
ABSL_FLAG(bool, check, false,
          "compare the folder with its lock, without any network: 0 all as it says, 1 something is missing, extra or damaged");
ABSL_FLAG(bool, dry_run, false, "print what would be fetched, and stop");
ABSL_FLAG(bool, offline, false, "no network: only what caches, the folder and file:// hold");
ABSL_FLAG(bool, overwrite, false,
          "replace files that are not what they should be; of those that the lock knows only what is damaged is fetched");
ABSL_FLAG(bool, symlink, false, "files that the cache of a hub keeps become symbolic links into it; by default copies, or reflinks");
ABSL_FLAG(bool, require_hash, false, "a file whose hash nobody states is a failure");
ABSL_FLAG(std::string, revision, "", "for hf:// addresses without @REVISION");
ABSL_FLAG(std::vector<std::string>, include, {}, "only files whose path matches one of these patterns, as *.bin");
ABSL_FLAG(std::vector<std::string>, exclude, {}, "no files whose path matches one of these patterns");
ABSL_FLAG(bool, json, false, "results as JSON");
ABSL_FLAG(bool, v, false, "tell at the end how many requests were sent");
ABSL_FLAG(weighbridge::ByteCount, limit_rate, weighbridge::ByteCount{}, "bytes per second of all streams together; 0 for no limit");
ABSL_FLAG(int32_t, streams, 4, "streams of one file");
ABSL_FLAG(weighbridge::ByteCount, segment_size, weighbridge::ByteCount{int64_t{32} << 20},
          "what a stream asks for at a time, of files of twice that or more");
ABSL_FLAG(absl::Duration, stall_timeout, absl::Seconds(30), "a request below 1 KiB/s for so long has failed, and is tried again");
ABSL_FLAG(absl::Duration, retry_wait, absl::Seconds(1), "the first wait before a new try; it doubles each time");
ABSL_FLAG(std::string, drive_endpoint, "https://drive.usercontent.google.com", "where Google Drive is");

namespace {

constexpr char kUsage[] = R"(Fetches files, verifies them, and notes in DIR/weights.lock where they came from and what they are.

  fetch URI... --into=DIR          hf://ORG/NAME[@REVISION][/FILE], gdrive://ID, https://..., file://...; #sha256=HEX behind it is enforced
  fetch --set=minigpt4-7b --into=weights
  fetch --into=DIR                 what DIR/weights.lock says
  fetch --into=DIR --check

Interrupted, the same command goes on. HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, PPNLP_HOME, CURL_CA_BUNDLE, SSL_CERT_FILE,
https_proxy and no_proxy mean what they mean to huggingface_hub, PaddleNLP and curl.
)";

}  // namespace

int main(int argc, char** argv) {
  return weighbridge::RunTool(argc, argv, kUsage, [](const weighbridge::CommandLine& command_line) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(weighbridge::CommonOptions common, weighbridge::GetCommonOptions(weighbridge::ByteCount{}));
    if (!command_line.sources.empty()) return absl::InvalidArgumentError("expected addresses, got ID=PATH");
    if (absl::GetFlag(FLAGS_into).empty()) return absl::InvalidArgumentError("--into=DIR is missing");
    if (absl::GetFlag(FLAGS_streams) < 1) return absl::InvalidArgumentError("--streams: expected 1 or more");
    if (absl::GetFlag(FLAGS_segment_size).bytes < 1) return absl::InvalidArgumentError("--segment_size: expected 1 or more");
    return weighbridge::Fetch({.request = {.uris = command_line.words,
                                           .set = absl::GetFlag(FLAGS_set),
                                           .revision = absl::GetFlag(FLAGS_revision),
                                           .include = absl::GetFlag(FLAGS_include),
                                           .exclude = absl::GetFlag(FLAGS_exclude)},
                               .into = absl::GetFlag(FLAGS_into),
                               .lock = absl::GetFlag(FLAGS_lock),
                               .check = absl::GetFlag(FLAGS_check),
                               .dry_run = absl::GetFlag(FLAGS_dry_run),
                               .offline = absl::GetFlag(FLAGS_offline),
                               .overwrite = absl::GetFlag(FLAGS_overwrite),
                               .symlink = absl::GetFlag(FLAGS_symlink),
                               .require_hash = absl::GetFlag(FLAGS_require_hash),
                               .json = absl::GetFlag(FLAGS_json),
                               .verbose = absl::GetFlag(FLAGS_v),
                               .limit_rate = absl::GetFlag(FLAGS_limit_rate).bytes,
                               .streams = absl::GetFlag(FLAGS_streams),
                               .segment_size = absl::GetFlag(FLAGS_segment_size).bytes,
                               .stall_timeout = absl::GetFlag(FLAGS_stall_timeout),
                               .retry_wait = absl::GetFlag(FLAGS_retry_wait),
                               .drive_endpoint = absl::GetFlag(FLAGS_drive_endpoint),
                               .environment = weighbridge::ReadFetchEnvironment(),
                               .common = common},
                              std::cout);
  });
}
