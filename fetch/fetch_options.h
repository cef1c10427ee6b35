#ifndef WEIGHBRIDGE_FETCH_FETCH_OPTIONS_H_
#define WEIGHBRIDGE_FETCH_FETCH_OPTIONS_H_

#include <string>

#include "fetch/download/download_options.h"
#include "fetch/hub/hub_cache.h"
#include "fetch/resolve.h"

namespace weighbridge {

// What all files of a run share.
struct FetchOptions {
  Transports transports;
  DownloadOptions download;
  const HubCache* hub_cache = nullptr;  // Null for none.
  std::string paddlenlp_home;           // PaddleNLP's cache; empty for none.
  std::string receipts;                 // The folder of receipts; empty for none.
  bool overwrite = false;
  bool offline = false;
  bool symlink = false;  // Files of caches are linked to, visibly, instead of copied.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_FETCH_OPTIONS_H_
