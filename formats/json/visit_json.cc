#include "formats/json/visit_json.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nlohmann/json.hpp"

namespace weighbridge {
namespace {

// Turns the parser's events into values with paths.
class PathTracker final : public nlohmann::json_sax<nlohmann::json> {
 public:
  PathTracker(int64_t max_nesting, JsonVisitor visit) : max_nesting_(max_nesting), visit_(visit) {}

  const absl::Status& status() const { return status_; }

  bool null() override { return Scalar(JsonNull{}); }
  bool boolean(bool value) override { return Scalar(value); }
  bool number_integer(int64_t value) override { return Scalar(value); }
  bool number_unsigned(uint64_t value) override { return Scalar(value); }
  bool number_float(double value, const std::string& text) override { return Scalar(value); }
  bool string(std::string& value) override { return Scalar(std::move(value)); }
  bool binary(nlohmann::json::binary_t& value) override { return Fail(absl::InternalError("JSON text has no binary values")); }
  bool start_object(size_t size) override { return Open(JsonObject{}); }
  bool end_object() override { return Close(); }
  bool start_array(size_t size) override { return Open(JsonArray{}); }
  bool end_array() override { return Close(); }

  bool key(std::string& key) override {
    if (!containers_.back().keys.insert(absl::flat_hash_set<std::string>::hasher()(key)).second) {
      return Fail(absl::DataLossError(absl::StrCat("the key \"", key, "\" stands twice in ", Place())));
    }
    path_.push_back(std::move(key));
    return true;
  }

  bool parse_error(size_t position, const std::string& last_token, const nlohmann::detail::exception& error) override {
    // Of the library's "[…] parse error at line 1, column 5: REASON; last read: 'TOKEN'" the reason alone: the token may be all of the
    // file.
    std::string reason = error.what();
    for (const char* quote : {"; last read", " parsing '"}) reason.resize(std::min(reason.find(quote), reason.size()));
    for (const char* before : {"] ", ": "}) {
      if (const size_t at = reason.find(before); at != reason.npos) reason.erase(0, at + 2);
    }
    return Fail(absl::DataLossError(absl::StrCat("no valid JSON: byte ", position, ": ", reason)));
  }

 private:
  struct Container {
    bool is_array = false;
    int64_t items = 0;
    // The hashes of keys stand for them: an object of millions of short keys takes no more memory than its text. Two keys of one hash would
    // refuse a file that is right, once in 2^64.
    absl::flat_hash_set<size_t> keys;
  };

  bool Fail(absl::Status status) {
    status_ = std::move(status);
    return false;
  }

  std::string Place() const { return path_.empty() ? "the outermost object" : absl::StrCat("\"", absl::StrJoin(path_, "."), "\""); }

  // A value begins; the key that leads to a member of an object is there already.
  bool Visit(const JsonValue& value) {
    if (!containers_.empty() && containers_.back().is_array) path_.push_back(absl::StrCat(containers_.back().items++));
    status_ = visit_(path_, value);
    return status_.ok();
  }

  // A value ended.
  void Leave() {
    if (!containers_.empty()) path_.pop_back();
  }

  bool Scalar(const JsonValue& value) {
    if (!Visit(value)) return false;
    Leave();
    return true;
  }

  bool Open(const JsonValue& value) {
    if (static_cast<int64_t>(containers_.size()) >= max_nesting_) {
      return Fail(absl::ResourceExhaustedError(absl::StrCat("values are nested more than ", max_nesting_, " deep")));
    }
    if (!Visit(value)) return false;
    containers_.push_back({.is_array = std::holds_alternative<JsonArray>(value), .items = 0, .keys = {}});
    return true;
  }

  bool Close() {
    containers_.pop_back();
    Leave();
    return true;
  }

  int64_t max_nesting_;
  JsonVisitor visit_;
  std::vector<std::string> path_;
  std::vector<Container> containers_;
  absl::Status status_;
};

}  // namespace

absl::string_view JsonKind(const JsonValue& value) {
  static constexpr std::array<absl::string_view, std::variant_size_v<JsonValue>> kKinds = {
      "an object", "an array", "null", "true or false", "a whole number", "a number with a minus sign", "a number that is not whole",
      "a text",
  };
  return kKinds[value.index()];
}

absl::Status VisitJson(absl::string_view text, int64_t max_nesting, JsonVisitor visit) {
  // Two things that the library lets pass: it takes a zero byte for the end, and skips a byte order mark.
  if (const size_t zero = text.find('\0'); zero != text.npos) {
    return absl::DataLossError(absl::StrCat("no valid JSON: byte ", zero + 1, " is zero"));
  }
  if (absl::StartsWith(text, "\xef\xbb\xbf")) return absl::DataLossError("no valid JSON: it starts with a byte order mark");
  PathTracker tracker(max_nesting, visit);
  nlohmann::json::sax_parse(text.begin(), text.end(), &tracker);
  return tracker.status();
}

}  // namespace weighbridge
