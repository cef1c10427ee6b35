#ifndef WEIGHBRIDGE_TOOLS_FETCH_ENVIRONMENT_H_
#define WEIGHBRIDGE_TOOLS_FETCH_ENVIRONMENT_H_

#include <string>

namespace weighbridge {

// What the environment tells fetch. The variables are those of huggingface_hub, PaddleNLP and curl (docs/spec/fetching.md 1.1, 1.2, 1.11,
// 1.12, 5.1, R5); proxies libcurl reads itself.
struct FetchEnvironment {
  std::string hub_endpoint;    // HF_ENDPOINT.
  std::string hub_token;       // HF_TOKEN, or what is in the token file. Never printed.
  std::string hub_cache;       // HF_HUB_CACHE, below HF_HOME, …; empty when not even a home folder is known.
  bool offline = false;        // HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE.
  std::string paddlenlp_home;  // PPNLP_HOME; or ~/.paddlenlp where PaddleNLP has made it; else empty.
  std::string receipts;        // ReceiptsFolder().
  std::string ca_file;         // CURL_CA_BUNDLE, else SSL_CERT_FILE.
  std::string ca_folder;       // SSL_CERT_DIR.
};

FetchEnvironment ReadFetchEnvironment();

// Where receipts lie (fetch/receipt.h), from XDG_STATE_HOME, else below HOME; empty when neither is known.
std::string ReceiptsFolder();

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_FETCH_ENVIRONMENT_H_
