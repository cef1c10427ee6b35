#ifndef WEIGHBRIDGE_TOOLS_VERIFY_ANSWER_H_
#define WEIGHBRIDGE_TOOLS_VERIFY_ANSWER_H_

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "proto/manifest.pb.h"

namespace weighbridge {

// What verify says in the end.
struct VerifyAnswer {
  bool accepted = false;
  std::vector<std::string> findings = {};  // Why not, or what is only within the tolerance.
  std::vector<std::string> remarks = {};   // What a careful reader should know whatever the answer.
  std::string summary = "";
  // What was judged on the way, where something was.
  std::optional<Manifest> judgement = std::nullopt;
};

// Lines of text: remarks, findings, summary. Or an object of JSON with these, `accepted`, and the judgement as ManifestToJson has it.
void PrintAnswer(const VerifyAnswer& answer, bool as_json, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_VERIFY_ANSWER_H_
