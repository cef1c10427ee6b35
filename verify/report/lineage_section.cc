#include <cstdint>
#include <string>

#include "google/protobuf/repeated_ptr_field.h"
#include "proto/manifest.pb.h"
#include "verify/manifest/manifest.h"
#include "verify/report/html.h"
#include "verify/report/lineage_chart.h"
#include "verify/report/numbers.h"
#include "verify/report/page_parts.h"
#include "verify/report/sections.h"

namespace weighbridge::report {
namespace {

// Of each checkpoint; the manifest has them all.
constexpr int64_t kShownFiles = 500;

std::string RoleWord(File::Role role) {
  return role == File::ROLE_UNSPECIFIED ? "" : EnumeratorWords(File::Role_Name(role));
}

Html OriginLine(const File& file) {
  if (!file.has_origin()) return {};
  Html line = Concat("from ", Name(file.origin().uri()));
  if (!file.origin().revision().empty()) line.Append(Concat(", revision ", Name(file.origin().revision())));
  return line;
}

Html Files(const google::protobuf::RepeatedPtrField<File>& files) {
  Html rows;
  int64_t count = 0;
  for (const File& file : files) {
    if (++count > kShownFiles) continue;
    rows.Append(RowWithNote(Concat(Cell(Name(file.name())), Element("td class=\"short\"", RoleWord(file.role())), NumberCell(file.size()),
                                   DigestCell(file.sha256())),
                            OriginLine(file), 4));
  }
  rows.Append(MoreRow(count - kShownFiles, "file", 4));
  return Table({{"File"}, {"Role"}, {"Bytes", Column::kNumber}, {"SHA-256"}}, rows);
}

}  // namespace

Html LineageSection(const Manifest& manifest) {
  Html content = LineageChart(manifest);
  for (const SourceCheckpoint& source : manifest.sources()) {
    content.Append(
        Element("h3", Name(source.id()), " ", Element("small", Name(source.format()), ", ", CountOf(source.tensors(), "tensor"))));
    content.Append(Files(source.files()));
  }
  content.Append(Element("h3", "Output ", Element("small", Name(manifest.output().format()))));
  content.Append(Files(manifest.output().files()));
  return Section("lineage", "From sources to output", content);
}

}  // namespace weighbridge::report
