#ifndef WEIGHBRIDGE_FETCH_HTTP_HEAD_PARSER_H_
#define WEIGHBRIDGE_FETCH_HTTP_HEAD_PARSER_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fetch/http/http_client.h"

namespace weighbridge {

// Makes an HttpHead of the lines that a server sends before and behind a body. Holds at most 256 KiB.
class HeadParser {
 public:
  // Takes the next line, with or without its end. True when it completes the head of the answer: not that of an interim answer (1xx), which
  // the next one replaces. Lines behind it (trailers) are counted and ignored. FailedPrecondition: the answer is encoded, or all lines
  // together are more than 1000 or have more than 256 KiB.
  absl::StatusOr<bool> Add(absl::string_view line);

  bool done() const { return done_; }
  const HttpHead& head() const { return head_; }

 private:
  HttpHead head_;
  size_t bytes_ = 0;
  size_t lines_ = 0;
  bool done_ = false;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HTTP_HEAD_PARSER_H_
