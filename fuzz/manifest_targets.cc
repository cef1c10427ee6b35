#include "fuzz/manifest_targets.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/printable.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "re2/re2.h"
#include "verify/audit/audit.h"
#include "verify/manifest/manifest.h"
#include "verify/manifest/manifest_json.h"
#include "verify/report/report.h"

namespace weighbridge {
namespace {

// What our own markup is made of. Between such tags no text of a stranger has a "<", and in their attributes none has a quote.
absl::Status CheckPage(std::string page) {
  static const RE2* const tag = new RE2(
      "<!doctype html>"
      "|</?(article|b|body|code|dd|details|div|dl|dt|figcaption|figure|h1|h2|h3|h4|head|header|html|i|li|meta|p|path|pre|rect|section|small"
      "|span|style|summary|svg|table|tbody|td|text|th|thead|title|tr|ul|wbr)( [a-zA-Z-]+=\"[^\"<>]*\")*>");
  if (PrintableLines(page) != page) return absl::InternalError("the page holds characters that do not show");
  RE2::GlobalReplace(&page, *tag, "");
  const size_t at = page.find('<');
  if (at == std::string::npos) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("text became markup: ", page.substr(at, 80)));
}

// The 256 bytes 0, 1, …, 255, and three tensors in them; the last does not lie there as it is.
Checkpoint SmallCheckpoint() {
  std::string bytes(256, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
  const ByteSourcePtr file = MakeMemorySource("m.bin", bytes);
  Checkpoint checkpoint;
  checkpoint.format = "memory";
  checkpoint.files = {{CheckpointFile::Role::kWeights, "m.bin", file}};
  for (CheckpointTensor& row :
       std::vector<CheckpointTensor>{{"a.0.weight", *StoredTensor::CreateRowMajor({DType::kFloat16, {3, 5}}, file, 8), ""},
                                     {"b", *StoredTensor::CreateRowMajor({DType::kFloat32, {2, 2}}, file, 40), ""},
                                     {"c", *StoredTensor::Create({DType::kUint8, {4, 4}}, file, 64, {1, 4}), ""}}) {
    checkpoint.Add(std::move(row)).IgnoreError();
  }
  return checkpoint;
}

void AppendLines(const std::vector<std::string>& lines, std::string& text) {
  absl::StrAppend(&text, absl::StrJoin(lines, "\n"), "\n");
}

}  // namespace

absl::StatusOr<std::string> FuzzManifest(const std::string& bytes) {
  ASSIGN_OR_RETURN(const Manifest manifest, ParseManifest(bytes));
  return absl::StrCat(IsAccepted(manifest), Summary(manifest), absl::StrJoin(Findings(manifest), "\n"), ManifestToJson(manifest),
                      SerializeManifest(manifest));
}

absl::StatusOr<std::string> FuzzReport(const std::string& bytes) {
  ASSIGN_OR_RETURN(const Manifest manifest, ParseManifest(bytes));
  ASSIGN_OR_RETURN(std::string page, RenderReport(manifest));
  ASSIGN_OR_RETURN(const std::string refusal, RenderRefusal(manifest, Findings(manifest)));
  RETURN_IF_ERROR(CheckPage(page));
  RETURN_IF_ERROR(CheckPage(refusal));
  return page;
}

absl::StatusOr<std::string> FuzzAudit(const std::string& bytes) {
  static const auto* const checkpoint = new Checkpoint(SmallCheckpoint());
  ASSIGN_OR_RETURN(const Manifest manifest, ParseManifest(bytes));
  std::vector<ByteSourcePtr> files(static_cast<size_t>(manifest.output().files_size()));
  if (!files.empty()) files[0] = checkpoint->files[0].bytes;
  std::string text;
  ASSIGN_OR_RETURN(const std::vector<std::string> of_manifest, AuditManifest(manifest, bytes, {}));
  ASSIGN_OR_RETURN(const std::vector<std::string> of_files, AuditFiles(manifest, files, {}));
  ASSIGN_OR_RETURN(const std::vector<std::string> of_table, AuditTable(manifest, *checkpoint, {}));
  ASSIGN_OR_RETURN(const std::vector<std::string> of_content, AuditContent(manifest, *checkpoint, {}));
  for (const auto* findings : {&of_manifest, &of_files, &of_table, &of_content}) AppendLines(*findings, text);
  for (const bool content_only : {false, true}) {
    AppendLines(CompareJudgements(manifest, Manifest(), {.content_only = content_only}), text);
  }
  return text;
}

}  // namespace weighbridge
