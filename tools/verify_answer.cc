#include "tools/verify_answer.h"

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/printable.h"
#include "formats/json/json_writer.h"
#include "verify/manifest/manifest_json.h"

namespace weighbridge {
namespace {

void WriteTexts(absl::string_view key, const std::vector<std::string>& texts, JsonWriter& json) {
  json.Key(key);
  json.BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

void PrintJson(const VerifyAnswer& answer, std::ostream& out) {
  JsonWriter json;
  json.BeginObject();
  json.Key("accepted");
  json.Bool(answer.accepted);
  WriteTexts("remarks", answer.remarks, json);
  WriteTexts("findings", answer.findings, json);
  json.Key("summary");
  json.String(answer.summary);
  if (answer.judgement.has_value()) {
    json.Key("judgement");
    WriteManifest(*answer.judgement, json);
  }
  json.EndObject();
  out << std::move(json).Finish();
}

}  // namespace

void PrintAnswer(const VerifyAnswer& answer, bool as_json, std::ostream& out) {
  if (as_json) return PrintJson(answer, out);
  for (const std::string& remark : answer.remarks) out << "remark: " << Printable(remark) << "\n";
  for (const std::string& finding : answer.findings) out << Printable(finding) << "\n";
  out << Printable(answer.summary) << "\n";
}

}  // namespace weighbridge
