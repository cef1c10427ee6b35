#include "tools/conversion.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/printable.h"
#include "base/status.h"
#include "convert/conversion.h"
#include "convert/convert.h"
#include "convert/resources.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "proto/recipe.pb.h"
#include "tools/byte_count.h"
#include "tools/describe_plan.h"
#include "tools/progress.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

void PrintDryRun(const Conversion& conversion, const ConvertOptions& options, std::ostream& out) {
  std::vector<std::string> paths = conversion.FileNames();
  for (std::string& path : paths) path = (std::filesystem::path(options.folder) / path).string();
  DescribeResult(conversion.plan, conversion.layout, paths, out);
  out << "memory: " << ReadableBytes(options.resources.memory) << " of buffers on " << options.resources.threads << " threads\n"
      << AccountingLine(conversion.plan, "would be written") << "\n";
}

// What a program that loads the result may miss beside it.
void PrintNeeds(const Plan& plan, bool with_side_files, std::ostream& out) {
  const auto is_tokenizer = [](const Companion& file) { return file.role == CheckpointFile::Role::kTokenizer; };
  const std::string& tokenizer = plan.recipe.result().tokenizer_from();
  if (with_side_files && !tokenizer.empty() && std::none_of(plan.companions.begin(), plan.companions.end(), is_tokenizer)) {
    out << "no tokenizer was found beside " << tokenizer << ", so none is here\n";
  }
  if (!plan.recipe.consumer_needs().empty()) {
    out << "from_pretrained still needs in that folder: " << Printable(absl::StrJoin(plan.recipe.consumer_needs(), ", ")) << "\n";
  }
}

void PrintResult(const ConversionResult& result, const ConversionRequest& request, std::ostream& out) {
  if (!request.told_first.empty()) out << Printable(request.told_first) << "\n";
  const absl::string_view done = result.judgement.has_value() ? "verified: " : "written, not verified: ";
  for (const ConversionResult::Weights& weights : result.weights) {
    out << done << Printable(weights.path) << " (" << ReadableBytes(weights.bytes) << ")\n";
  }
  if (!result.index_path.empty()) out << "index: " << Printable(result.index_path) << "\n";
  if (!result.manifest_path.empty()) out << "manifest: " << Printable(result.manifest_path) << "\n";
  PrintNeeds(result.plan, request.conversion.with_side_files, out);
  if (!result.other_weights.empty()) {
    out << "remark: " << Printable(request.convert.folder) << " holds other weights too (" << Printable(result.other_weights[0])
        << "), so a tool that is given the folder may ask which are meant\n";
  }
  out << AccountingLine(result.plan, "written") << "\n";
}

}  // namespace

absl::StatusOr<bool> RunConversion(const Recipe& recipe, const std::vector<PlanSource>& sources, ConversionRequest request,
                                   std::ostream& out) {
  ASSIGN_OR_RETURN(Conversion conversion, PlanConversion(recipe, sources, request.conversion));
  for (const std::string& remark : conversion.remarks) out << "remark: " << Printable(remark) << "\n";
  if (!request.explain.empty()) {
    RETURN_IF_ERROR(Explain(conversion.plan, request.explain, out));
  }
  if (request.dry_run) {
    PrintDryRun(conversion, request.convert, out);
    return true;
  }
  if (request.convert.folder.empty()) return true;
  Progress progress(request.quiet);
  request.convert.resources.progress = &progress;
  ASSIGN_OR_RETURN(const ConversionResult result, Convert(std::move(conversion), request.convert));
  if (result.is_published) {
    PrintResult(result, request, out);
    return true;
  }
  for (const std::string& finding : Findings(*result.judgement)) out << Printable(finding) << "\n";
  out << "the result is not what the recipe says; nothing was published\n";
  return false;
}

}  // namespace weighbridge
