#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/manifest.pb.h"
#include "verify/manifest/manifest.h"
#include "verify/report/html.h"
#include "verify/report/numbers.h"
#include "verify/report/page_parts.h"
#include "verify/report/sections.h"
#include "verify/report/verdicts.h"

namespace weighbridge::report {
namespace {

constexpr size_t kLongestSentence = 1000;
constexpr size_t kMostSentences = 200;

using VerdictCounts = std::vector<std::pair<OutputTensor::Verdict, int64_t>>;

int64_t CountOfVerdict(OutputTensor::Verdict verdict, const VerdictCounts& counts) {
  for (const auto& [counted, count] : counts) {
    if (counted == verdict) return count;
  }
  return 0;
}

Html SourceList(const Manifest& manifest) {
  Html list;
  const int count = manifest.sources_size();
  for (int i = 0; i < count; ++i) {
    if (i > 0) list.Append(i + 1 == count ? " and " : ", ");
    list.Append(Name(manifest.sources(i).id()));
  }
  return list.empty() ? Concat("no source") : list;
}

// What the verdict means, in a sentence.
Html Meaning(const Manifest& manifest, const VerdictCounts& counts) {
  const Html of = Concat("what the recipe ", Name(manifest.recipe().name()), " makes of ", SourceList(manifest), ".");
  const std::string tensors = absl::StrCat(Count(CountOfVerdict(OutputTensor::VERDICT_EXACT, counts)), " of ",
                                           CountOf(manifest.accounting().output_tensors(), "tensor"));
  switch (manifest.verdict()) {
    case Manifest::VERDICT_EXACT:
      return Concat(tensors, ": each is, bit for bit, ", of);
    case Manifest::VERDICT_WITHIN_TOLERANCE:
      return Concat(tensors, " are bit for bit, and the others within the tolerance, ", of);
    case Manifest::VERDICT_DIFFERS:
      return Concat("The output is not ", of, " ", tensors, " are bit for bit as they should be.");
    default:
      return Concat("The manifest does not say whether the output is ", of);
  }
}

Html Tally(const VerdictCounts& counts) {
  Html tally;
  for (const auto& [verdict, count] : counts) {
    tally.Append(Fact(VerdictWord(verdict), Count(count)));
  }
  return tally.empty() ? Html() : Element("dl class=\"tally\"", tally);
}

Html Facts(const Manifest& manifest, const VerdictCounts& counts) {
  Html files;
  for (const File& file : manifest.output().files()) files.Append(Element("span class=\"file\"", Name(file.name())));
  const int64_t found = manifest.output().tensors_size() - CountOfVerdict(OutputTensor::VERDICT_MISSING, counts);
  const std::string tolerance = manifest.tolerance().empty() ? "exact" : manifest.tolerance();
  return Element("dl class=\"facts\"", Fact("Output", Concat(files, Element("small", Name(manifest.output().format())))),
                 Fact("Tensors in it", Count(found)),
                 Fact("Bytes that the tensors should have", Count(manifest.accounting().output_bytes())),
                 Fact("Tolerance", Abridge(tolerance, kLongestSentence)));
}

Html Remarks(const Manifest& manifest) {
  Html items;
  for (const std::string& remark : manifest.output().remarks()) items.Append(Element("li", Abridge(remark, kLongestSentence)));
  return items.empty() ? Html() : Element("div class=\"remarks\"", Element("h3", "Remarks"), Element("ul", items));
}

Html Alarm(absl::string_view title, const std::vector<std::string>& sentences) {
  if (sentences.empty()) return {};
  Html items;
  for (size_t i = 0; i < sentences.size() && i < kMostSentences; ++i) items.Append(Element("li", Abridge(sentences[i], kLongestSentence)));
  if (sentences.size() > kMostSentences) {
    items.Append(Element("li", "and ", CountOf(static_cast<int64_t>(sentences.size() - kMostSentences), "finding"), " more"));
  }
  return Element("div class=\"alarm\"", Element("h3", title), Element("ul", items));
}

Html Kind() {
  return Element("p class=\"kind\"", "Weighbridge · report on a converted checkpoint");
}

Html Reasons(const std::vector<std::string>& reasons) {
  return Alarm("Why the audit says no", reasons);
}

}  // namespace

Html VerdictSection(const Manifest& manifest, const Answer& answer) {
  const VerdictCounts counts = CountVerdicts(manifest);
  // A judgement of the same files may be good though the manifest that was audited is not.
  const bool is_apart = !answer.is_yes && IsAccepted(manifest);
  Html meaning;
  if (is_apart) meaning.Append("The answer is no, for the reasons below, though the verdicts say: ");
  meaning.Append(Meaning(manifest, counts));
  return Element("header", Kind(), Element("h1", is_apart ? TitleOfANo() : VerdictTitle(manifest.verdict())),
                 Element("p class=\"meaning\"", meaning), Reasons(answer.reasons),
                 Alarm("This manifest contradicts itself", answer.contradictions), Facts(manifest, counts), Tally(counts),
                 Remarks(manifest));
}

Html RefusalSection(const std::vector<std::string>& reasons) {
  return Element("header", Kind(), Element("h1", TitleOfANo()),
                 Element("p class=\"meaning\"", "The files that were audited, or the manifest itself, are not as the manifest says."),
                 Reasons(reasons));
}

}  // namespace weighbridge::report
