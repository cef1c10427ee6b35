#include "formats/torch/read_torch_tar.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/numpy/stored_array.h"
#include "formats/pickle/budget.h"
#include "formats/pickle/flatten.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/text.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/torch/tar_archive.h"
#include "formats/torch/tar_objects.h"
#include "formats/torch/torch_dialect.h"

namespace weighbridge {
namespace {

// The members that make a checkpoint; sys_info beside them is not needed.
struct Members {
  TarMember storages;
  TarMember tensors;
  TarMember pickle;
};

absl::StatusOr<Members> FindMembers(const ByteSource& source) {
  ASSIGN_OR_RETURN(const std::vector<TarMember> members, ListTarMembers(source));
  constexpr absl::string_view kNames[] = {"storages", "tensors", "pickle"};
  std::optional<TarMember> found[3];
  for (const TarMember& member : members) {
    const auto* name = std::find(std::begin(kNames), std::end(kNames), member.name);
    if (name == std::end(kNames)) continue;
    if (found[name - kNames].has_value()) return absl::DataLossError(absl::StrCat("member \"", *name, "\" is there twice"));
    if (!member.is_file) return absl::UnimplementedError(absl::StrCat("member \"", *name, "\" is a link or a folder, no file"));
    found[name - kNames] = member;
  }
  if (!found[0].has_value() && !found[1].has_value() && !found[2].has_value()) {
    return absl::UnimplementedError("it is a tar archive, and none that torch.save wrote; unpack it first if it holds checkpoints");
  }
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (!found[i].has_value()) return absl::DataLossError(absl::StrCat("member \"", kNames[i], "\" is missing"));
  }
  return Members{*std::move(found[0]), *std::move(found[1]), *std::move(found[2])};
}

// torch.load asks tarfile first where it is given a path and weights_only=False, and other libraries never, so a tar must be nothing else.
// No pickle and no safetensors can begin with one of these names.
absl::Status CheckBegin(const ByteSource& source) {
  constexpr absl::string_view kBegins[] = {"sys_info", "storages", "tensors", "pickle", "././@PaxHeader"};
  constexpr int64_t kName = 100;
  ASSIGN_OR_RETURN(const std::string field, ByteCursor(source).ReadString(kName));
  const absl::string_view name = absl::string_view(field).substr(0, field.find('\0'));
  if (std::find(std::begin(kBegins), std::end(kBegins), name) != std::end(kBegins)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("it is a tar archive that begins with ", pickle::Quote(name),
                                          ", as torch.save writes none, so that it may be another file as well"));
}

absl::StatusOr<StoredTensor> Store(const pickle::Value& leaf, const TarObjects& objects, pickle::ArrayStore& arrays) {
  if (const auto* reference = leaf.As<pickle::Reference>()) return objects.Find(reference->id);
  if (const auto* array = leaf.As<pickle::Array>()) return arrays.Store(*array);
  return absl::UnimplementedError(absl::StrCat("it is ", Describe(leaf), ", which the tar form does not have"));
}

// docs/spec/formats.md 5.4.
absl::Status AddObject(const TarMember& member, const TarObjects& objects, const ByteSourcePtr& source, const ReadLimits& limits,
                       Checkpoint& checkpoint) {
  const int64_t end = member.offset + member.size;
  ASSIGN_OR_RETURN(const pickle::Document document, pickle::RunPickle(*source, member.offset, end, TorchTarOptions(limits)));
  ASSIGN_OR_RETURN(pickle::Leaves found, pickle::Flatten(document, *document.root, pickle::Pairs::kAreTuples, limits));
  pickle::ArrayStore arrays(source);
  for (pickle::Leaf& leaf : found.leaves) {
    absl::StatusOr<StoredTensor> tensor = Store(*leaf.value, objects, arrays);
    if (!tensor.ok()) return Annotate(tensor.status(), absl::StrCat("tensor ", pickle::Quote(leaf.path)));
    RETURN_IF_ERROR(checkpoint.Add({.name = std::move(leaf.path), .tensor = *std::move(tensor), .tensor_name = ""}));
  }
  checkpoint.unlisted = std::move(found.unlisted);
  checkpoint.work = document.work + found.work + arrays.decoded() / pickle::kTextStep;
  for (std::string& remark : pickle::OpaqueRemarks(document)) checkpoint.remarks.push_back(std::move(remark));
  if (const int64_t rest = member.offset + member.size - document.end; rest > 0) {
    checkpoint.remarks.push_back(absl::StrCat(rest, " bytes follow the pickle's end"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Checkpoint> Read(const ByteSourcePtr& source, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(const Members members, FindMembers(*source));
  RETURN_IF_ERROR(CheckBegin(*source));
  Checkpoint checkpoint;
  checkpoint.path = source->name();
  checkpoint.format = "torch_tar";
  TarObjects objects(source, limits);
  absl::Status status = objects.ReadStorages(members.storages, checkpoint.remarks);
  if (!status.ok()) return Annotate(status, "member \"storages\"");
  status = objects.ReadTensors(members.tensors, checkpoint.remarks);
  if (!status.ok()) return Annotate(status, "member \"tensors\"");
  status = AddObject(members.pickle, objects, source, limits, checkpoint);
  if (!status.ok()) return Annotate(status, "member \"pickle\"");
  return checkpoint;
}

}  // namespace

absl::StatusOr<Checkpoint> ReadTorchTar(ByteSourcePtr source, const ReadLimits& limits) {
  absl::StatusOr<Checkpoint> checkpoint = Read(source, limits);
  if (checkpoint.ok()) return checkpoint;
  return Annotate(checkpoint.status(), absl::StrCat("reading ", source->name()));
}

}  // namespace weighbridge
