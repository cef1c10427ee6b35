#include "tools/fetch_environment.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fetch/disk/regular_file.h"

namespace weighbridge {
namespace {

constexpr int64_t kMaxTokenBytes = 4096;

// The first of these variables that is set and not empty, or "".
std::string Variable(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

bool IsOn(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const std::string value = absl::AsciiStrToUpper(Variable({name}));
    if (value == "1" || value == "ON" || value == "YES" || value == "TRUE") return true;
  }
  return false;
}

// "~" at the beginning as the home folder.
std::string Expand(const std::string& path) {
  if (path != "~" && !absl::StartsWith(path, "~/")) return path;
  return absl::StrCat(Variable({"HOME"}), path.substr(1));
}

std::string HubHome() {
  if (const std::string home = Variable({"HF_HOME"}); !home.empty()) return Expand(home);
  if (const std::string cache = Variable({"XDG_CACHE_HOME"}); !cache.empty()) return absl::StrCat(Expand(cache), "/huggingface");
  const std::string home = Variable({"HOME"});
  return home.empty() ? "" : absl::StrCat(home, "/.cache/huggingface");
}

std::string HubToken(const std::string& hub_home) {
  if (IsOn({"HF_HUB_DISABLE_IMPLICIT_TOKEN"})) return "";
  std::string token = Variable({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"});
  if (token.empty()) {
    std::string path = Expand(Variable({"HF_TOKEN_PATH"}));
    if (path.empty() && !hub_home.empty()) path = absl::StrCat(hub_home, "/token");
    token = ReadSmallFile(path, kMaxTokenBytes).value_or("");
  }
  return std::string(absl::StripAsciiWhitespace(token));
}

std::string PaddleNlpHome() {
  if (const std::string home = Variable({"PPNLP_HOME"}); !home.empty()) return Expand(home);
  const std::string home = Expand("~/.paddlenlp");
  std::error_code error;
  return std::filesystem::is_directory(home, error) ? home : "";
}

}  // namespace

FetchEnvironment ReadFetchEnvironment() {
  const std::string hub_home = HubHome();
  FetchEnvironment environment;
  environment.hub_endpoint = std::string(absl::StripSuffix(Variable({"HF_ENDPOINT"}), "/"));
  if (environment.hub_endpoint.empty()) environment.hub_endpoint = "https://huggingface.co";
  environment.hub_token = HubToken(hub_home);
  environment.hub_cache = Expand(Variable({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}));
  if (environment.hub_cache.empty() && !hub_home.empty()) environment.hub_cache = absl::StrCat(hub_home, "/hub");
  environment.offline = IsOn({"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"});
  environment.paddlenlp_home = PaddleNlpHome();
  environment.receipts = ReceiptsFolder();
  environment.ca_file = Variable({"CURL_CA_BUNDLE", "SSL_CERT_FILE"});
  environment.ca_folder = Variable({"SSL_CERT_DIR"});
  return environment;
}

std::string ReceiptsFolder() {
  const std::string state = Variable({"XDG_STATE_HOME"});
  if (absl::StartsWith(state, "/")) return absl::StrCat(state, "/weighbridge/receipts");
  const std::string home = Variable({"HOME"});
  return home.empty() ? "" : absl::StrCat(home, "/.local/state/weighbridge/receipts");
}

}  // namespace weighbridge
