#include "verify/digest_tasks.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/progress_report.h"
#include "base/status.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "verify/compare/concerns_merged.h"
#include "verify/digest/container_ranges.h"
#include "verify/digest/digest.h"
#include "verify/manifest/make_manifest.h"
#include "verify/reference/scratch.h"

namespace weighbridge {
namespace {

absl::Status ReadingMerged(const absl::Status& status) {
  return MarkConcernsMerged(Annotate(status, "reading the merged checkpoint"));
}

// A checkpoint of which every file is read.
struct Party {
  const Checkpoint* checkpoint;
  const PlanSource* source;  // Null for the merged one.

  absl::Status Annotated(const absl::Status& status) const {
    return source == nullptr ? ReadingMerged(status) : Annotate(status, absl::StrCat("reading source ", source->id));
  }
};

std::vector<Party> PartiesOf(const Plan& plan, const Checkpoint& merged) {
  std::vector<Party> parties;
  for (const PlanSource& source : plan.sources) parties.push_back({source.checkpoint.get(), &source});
  parties.push_back({&merged, nullptr});
  return parties;
}

// Of a file, and the checksums of what lies in it.
JudgeTask FileTask(const Party& party, const ByteSource& file, const std::atomic<bool>* stop, ProgressReport& progress,
                   std::string& sha256) {
  return {file.size(), [party, &file, stop, &progress, &sha256](Scratch&) {
            ASSIGN_OR_RETURN(sha256, DigestFile(file, party.checkpoint->checksums, stop, [&](int64_t bytes) { progress.Add(bytes); }),
                             party.Annotated(_));
            return absl::OkStatus();
          }};
}

// Of a checksum over bytes that no file holds as they are.
JudgeTask DecodedRangeTask(const Party& party, const ChecksummedRange& range, ProgressReport& progress) {
  return {range.size, [party, &range, &progress](Scratch&) {
            RETURN_IF_ERROR(CheckRange(range), party.Annotated(_));
            progress.Add(range.size);
            return absl::OkStatus();
          }};
}

JudgeTask ContainerTask(const ByteSource& file, ProgressReport& progress, DigestedRange& range) {
  return {range.range.size, [&file, &progress, &range](Scratch& scratch) {
            const Scratch::Lease bytes = scratch.Take(range.range.size);
            RETURN_IF_ERROR(file.ReadAt(range.range.offset, bytes.bytes()), ReadingMerged(_));
            ChunkDigests digest(DigestKind::kXxh3);
            digest.Update(absl::string_view(bytes.bytes().data(), bytes.bytes().size()));
            range.xxh3 = digest.Finish().value();  // XXH3 never fails.
            progress.Add(range.range.size);
            return absl::OkStatus();
          }};
}

JudgeTask DroppedTask(const std::string& source, const CheckpointTensor& row, ProgressReport& progress, std::string& xxh3) {
  return {row.tensor.byte_size(), [&source, &row, &progress, &xxh3](Scratch&) {
            ContentDigest digest(row.tensor.spec());
            RETURN_IF_ERROR(ForEachPiece(row.tensor, kDigestChunk, [&](absl::string_view piece) { digest.Update(piece); }),
                            Annotate(_, absl::StrCat("reading a source: tensor \"", source, "/", row.name, "\"")));
            xxh3 = digest.Finish().value();  // XXH3 never fails.
            progress.Add(row.tensor.byte_size());
            return absl::OkStatus();
          }};
}

}  // namespace

std::vector<JudgeTask> DigestTasks(const Plan& plan, const Checkpoint& merged, const std::atomic<bool>* stop, ProgressReport& progress,
                                   Judgement& judgement) {
  std::vector<JudgeTask> tasks;
  const std::vector<Party> parties = PartiesOf(plan, merged);
  judgement.sha256.resize(parties.size());
  for (size_t p = 0; p < parties.size(); ++p) {
    const Checkpoint& checkpoint = *parties[p].checkpoint;
    judgement.sha256[p].resize(checkpoint.files.size());
    for (size_t f = 0; f < checkpoint.files.size(); ++f) {
      tasks.push_back(FileTask(parties[p], *checkpoint.files[f].bytes, stop, progress, judgement.sha256[p][f]));
    }
    const FilePlaces places(checkpoint);
    for (const ChecksummedRange& range : checkpoint.checksums) {
      if (!places.IsFile(range.source.get())) tasks.push_back(DecodedRangeTask(parties[p], range, progress));
    }
  }
  std::stable_sort(tasks.begin(), tasks.end(), [](const JudgeTask& a, const JudgeTask& b) { return a.bytes > b.bytes; });

  const std::vector<std::vector<FileRange>> ranges = ContainerRanges(merged, FilePlaces(merged));
  judgement.container.resize(merged.files.size());
  for (size_t f = 0; f < merged.files.size(); ++f) {
    for (const FileRange& range : ranges[f]) judgement.container[f].push_back({range, ""});
    for (DigestedRange& range : judgement.container[f]) tasks.push_back(ContainerTask(*merged.files[f].bytes, progress, range));
  }

  judgement.dropped_xxh3.resize(plan.dropped.size());
  for (size_t d = 0; d < plan.dropped.size(); ++d) {
    const DroppedTensor& dropped = plan.dropped[d];
    for (const PlanSource& source : plan.sources) {
      const CheckpointTensor* row = source.id == dropped.source ? source.checkpoint->Find(dropped.name) : nullptr;
      if (row != nullptr) tasks.push_back(DroppedTask(source.id, *row, progress, judgement.dropped_xxh3[d]));
    }
  }
  return tasks;
}

absl::Status CheckFilesUnchanged(const Plan& plan, const Checkpoint& merged) {
  for (const Party& party : PartiesOf(plan, merged)) {
    for (const CheckpointFile& file : party.checkpoint->files) {
      RETURN_IF_ERROR(file.bytes->CheckUnchanged(), party.Annotated(_));
    }
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
