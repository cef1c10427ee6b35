#include <string>

#include "absl/strings/string_view.h"
#include "proto/manifest.pb.h"
#include "verify/report/html.h"
#include "verify/report/page_parts.h"
#include "verify/report/sections.h"

namespace weighbridge::report {
namespace {

Html Row(const Html& what, absl::string_view digest) {
  return Element("tr", Cell(what), DigestCell(digest));
}

}  // namespace

Html DigestsSection(const Manifest& manifest, const std::string& sha256) {
  Html rows = Row(Concat("The manifest that this page was made from"), sha256);
  for (const File& file : manifest.output().files()) rows.Append(Row(Concat("Output file ", Name(file.name())), file.sha256()));
  rows.Append(Row(Concat("The tensors of the output: Merkle root over name, dtype, shape and content"), manifest.output().content_root()));
  rows.Append(Row(Concat("Recipe ", Name(manifest.recipe().name())), manifest.recipe().sha256()));
  for (const SourceRecipe& made : manifest.made_sources()) {
    rows.Append(Row(Concat("Recipe ", Name(made.recipe().name()), " for ", Name(made.id())), made.recipe().sha256()));
  }
  return Section("digests", "Digests",
                 Concat(Table({{"Of"}, {"SHA-256"}}, rows), Element("p class=\"note\"", "Made from the manifest ", Name(manifest.schema()),
                                                                    " alone. Those of the sources' files stand in the lineage.")));
}

}  // namespace weighbridge::report
