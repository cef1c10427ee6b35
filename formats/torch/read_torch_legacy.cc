#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "formats/torch/add_tensors.h"
#include "formats/torch/module_versions.h"
#include "formats/torch/read_torch.h"
#include "formats/torch/torch_dialect.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {
namespace {

// 0x1950a86a20f9469cfc6c, little-endian.
constexpr absl::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr int64_t kProtocolVersion = 1001;
// The pickle of the magic number has at most 28 bytes, in any protocol.
constexpr int64_t kMagicPickle = 64;

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\"");
}

bool IsMagic(const pickle::Document& document) {
  const auto* number = document.root->As<pickle::BigInt>();
  return number != nullptr && number->bytes == kMagic;
}

// Runs the pickle that begins at `position`, and passes it.
absl::StatusOr<pickle::Document> NextPickle(const ByteSource& source, const pickle::MachineOptions& options, absl::string_view what,
                                            int64_t& position) {
  absl::StatusOr<pickle::Document> document = pickle::RunPickle(source, position, source.size(), options);
  if (!document.ok()) return Annotate(document.status(), absl::StrCat("the pickle of ", what));
  position = document->end;
  return document;
}

// The pickles before the object: magic number, protocol version, sys_info, which is ignored (docs/spec/formats.md 4.1, 4.5).
absl::Status PassPreamble(const ByteSource& source, const ReadLimits& limits, int64_t& position) {
  ASSIGN_OR_RETURN(const pickle::Document magic, NextPickle(source, TorchOptions(limits), "the magic number", position));
  if (!IsMagic(magic)) {
    return absl::UnimplementedError(
        absl::StrCat("it is a pickle that begins with ", Describe(*magic.root), ", not with torch's magic number"));
  }
  ASSIGN_OR_RETURN(const pickle::Document version, NextPickle(source, TorchOptions(limits), "the protocol version", position));
  const auto* number = version.root->As<int64_t>();
  if (number == nullptr || *number != kProtocolVersion) {
    return absl::UnimplementedError(absl::StrCat("protocol version ", Describe(*version.root), " is not supported; 1001 is"));
  }
  ASSIGN_OR_RETURN(const pickle::Document system, NextPickle(source, TorchOptions(limits), "sys_info", position));
  if (system.root->As<pickle::Dict>() == nullptr) {
    return absl::DataLossError(absl::StrCat("sys_info is ", Describe(*system.root), ", not a dict"));
  }
  return absl::OkStatus();
}

// The storage keys, in the order of the storages, which belong to `document`.
absl::StatusOr<std::vector<const std::string*>> KeysOf(const pickle::Document& document) {
  const auto* list = document.root->As<pickle::List>();
  if (list == nullptr) return absl::DataLossError(absl::StrCat("the storage keys are ", Describe(*document.root), ", not a list"));
  std::vector<const std::string*> keys;
  for (const pickle::Value* item : list->items) {
    const auto* key = item->As<pickle::Text>();
    if (key == nullptr) return absl::DataLossError(absl::StrCat("a storage key is ", Describe(*item), ", not a text"));
    keys.push_back(&key->utf8);
  }
  return keys;
}

// The storages of the stream, by key: first what the object says of them, then where they lie.
class Storages {
 public:
  // Takes in every storage that the object names, also where no tensor uses it: its width is needed to pass it (docs/spec/formats.md 4.4).
  absl::Status Declare(const pickle::Document& document) {
    for (const pickle::Value& value : document.values) {
      const auto* storage = value.As<pickle::Storage>();
      if (storage == nullptr) continue;
      if (!storage->dtype.has_value()) {
        return absl::UnimplementedError(
            absl::StrCat("storage ", Quoted(storage->key), ": an UntypedStorage in a legacy file is not supported, nor can torch read it"));
      }
      const auto [found, is_new] = storages_.try_emplace(storage->key, Known{.use = storage, .bytes = {}});
      const pickle::Storage& use = *found->second.use;
      if (!is_new && (use.dtype != storage->dtype || use.numel != storage->numel)) {
        return absl::DataLossError(absl::StrCat("storage ", Quoted(storage->key), ": it is used as ", use.numel, " elements of ",
                                                DTypeName(*use.dtype), " and as ", storage->numel, " of ", DTypeName(*storage->dtype)));
      }
      RETURN_IF_ERROR(DeclareView(*storage));
    }
    for (const auto& [key, view] : views_) {
      if (storages_.contains(key)) return absl::DataLossError(absl::StrCat("storage ", Quoted(key), ": a view of a storage has its key"));
    }
    return absl::OkStatus();
  }

  // Passes the storage `key`, which begins at the cursor.
  absl::Status Locate(const ByteSourcePtr& source, const std::string& key, ByteCursor& cursor) {
    const auto found = storages_.find(key);
    if (found == storages_.end()) return absl::DataLossError("it is listed and no tensor uses it, so its length is unknown");
    Known& known = found->second;
    if (known.bytes.source != nullptr) return absl::DataLossError("it is listed twice");
    ASSIGN_OR_RETURN(const int64_t count, cursor.ReadI64());
    if (count != known.use->numel) {
      return absl::DataLossError(absl::StrCat("it begins with a count of ", count, " elements; the object says ", known.use->numel));
    }
    ASSIGN_OR_RETURN(const int64_t size, ByteSize({.dtype = *known.use->dtype, .shape = {count}}));
    known.bytes = {.source = source, .offset = cursor.position(), .size = size};
    return cursor.Skip(size);
  }

  absl::StatusOr<SourceRange> Find(const pickle::Storage& storage) const {
    const auto found = storages_.find(storage.key);
    if (found == storages_.end() || found->second.bytes.source == nullptr) {
      return absl::DataLossError("it is used, and the list of storage keys lacks it");
    }
    return found->second.bytes;
  }

 private:
  // torch keeps one table of storages and views by key: whoever has a key first is what all later uses of it get.
  absl::Status DeclareView(const pickle::Storage& storage) {
    if (!storage.view.has_value()) return absl::OkStatus();
    const auto [found, is_new] = views_.try_emplace(storage.view->key, &storage);
    const pickle::Storage& first = *found->second;
    if (first.key == storage.key && first.view->offset == storage.view->offset && first.view->size == storage.view->size) {
      return absl::OkStatus();
    }
    return absl::DataLossError(absl::StrCat("view ", Quoted(storage.view->key), ": it is ", first.view->size, " elements at ",
                                            first.view->offset, " of storage ", Quoted(first.key), " and ", storage.view->size, " at ",
                                            storage.view->offset, " of storage ", Quoted(storage.key)));
  }

  struct Known {
    const pickle::Storage* use = nullptr;
    SourceRange bytes;
  };

  absl::flat_hash_map<std::string, Known> storages_;
  absl::flat_hash_map<std::string, const pickle::Storage*> views_;
};

absl::StatusOr<Checkpoint> Read(const ByteSourcePtr& source, const ReadLimits& limits) {
  int64_t position = 0;
  RETURN_IF_ERROR(PassPreamble(*source, limits, position));
  ASSIGN_OR_RETURN(const pickle::Document object, NextPickle(*source, TorchLegacyOptions(limits), "the object", position));
  ASSIGN_OR_RETURN(const pickle::Document list, NextPickle(*source, TorchOptions(limits), "the storage keys", position));
  ASSIGN_OR_RETURN(const std::vector<const std::string*> keys, KeysOf(list));

  Storages storages;
  RETURN_IF_ERROR(storages.Declare(object));
  ByteCursor cursor(*source, position, source->size());
  for (const std::string* key : keys) {
    RETURN_IF_ERROR(storages.Locate(source, *key, cursor), Annotate(_, absl::StrCat("storage ", Quoted(*key))));
  }

  Checkpoint checkpoint;
  checkpoint.path = source->name();
  checkpoint.format = "torch_legacy";
  checkpoint.remarks = pickle::OpaqueRemarks(object);
  checkpoint.module_versions = FindModuleVersions(*object.root);
  const auto find = [&storages](const pickle::Storage& storage) { return storages.Find(storage); };
  RETURN_IF_ERROR(AddTensors(object, source, find, limits, checkpoint));
  if (cursor.remaining() > 0) checkpoint.remarks.push_back(absl::StrCat(cursor.remaining(), " bytes follow the last storage"));
  return checkpoint;
}

}  // namespace

absl::StatusOr<Checkpoint> ReadTorchLegacy(ByteSourcePtr source, const ReadLimits& limits) {
  absl::StatusOr<Checkpoint> checkpoint = Read(source, limits);
  if (checkpoint.ok()) return checkpoint;
  return Annotate(checkpoint.status(), absl::StrCat("reading ", source->name()));
}

bool LooksLikeTorchLegacy(const ByteSource& source) {
  const int64_t end = std::min(source.size(), kMagicPickle);
  const absl::StatusOr<pickle::Document> document = pickle::RunPickle(source, 0, end, TorchOptions(ReadLimits()));
  return document.ok() && IsMagic(*document);
}

}  // namespace weighbridge
