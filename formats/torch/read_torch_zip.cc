#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/element_source.h"
#include "formats/checkpoint.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "formats/torch/add_tensors.h"
#include "formats/torch/module_versions.h"
#include "formats/torch/read_torch.h"
#include "formats/torch/torch_dialect.h"
#include "formats/zip/note_archive.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {
namespace {

// Far above what the small records (version, byteorder) hold.
constexpr int64_t kSmallRecord = 64;

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\"");
}

// Says what the archive is when it is no state that torch.save wrote (docs/spec/formats.md 3.9).
absl::Status CheckKind(const ZipArchive& archive) {
  bool has_pickle = false;
  for (const ZipMember& member : archive.members()) {
    if (absl::EndsWith(member.name, "/constants.pkl"))
      return absl::UnimplementedError("a TorchScript archive is not read; save its state_dict()");
    if (absl::EndsWith(member.name, "/archive_format")) return absl::UnimplementedError("a torch.export archive (.pt2) is not read");
    has_pickle |= absl::EndsWithIgnoreCase(member.name, "/data.pkl");
  }
  if (!has_pickle) return absl::UnimplementedError("it is a zip archive without PREFIX/data.pkl, no PyTorch file");
  return absl::OkStatus();
}

// The archive as torch sees it: records under one prefix, looked up without regard to the case of ASCII letters (by a binary search that
// finds any of several, so there must not be several).
class Records {
 public:
  static absl::StatusOr<Records> Create(ZipArchive archive) {
    RETURN_IF_ERROR(CheckKind(archive));
    const std::string& first = archive.members().front().name;
    std::string prefix = first.substr(0, first.find('/')) + "/";
    for (const ZipMember& member : archive.members()) {
      if (absl::StartsWith(member.name, prefix)) continue;
      return absl::DataLossError(
          absl::StrCat("member ", Quoted(member.name), " lies outside ", Quoted(prefix), ", where the first one lies"));
    }
    Records records(std::move(archive), std::move(prefix));
    for (const ZipMember& member : records.archive_.members()) {
      const auto [known, is_new] = records.by_name_.emplace(absl::AsciiStrToLower(member.name), &member);
      if (is_new) continue;
      return absl::DataLossError(absl::StrCat("members ", Quoted(known->second->name), " and ", Quoted(member.name),
                                              " differ in case alone, which torch does not look at"));
    }
    return records;
  }

  const ZipArchive& archive() const { return archive_; }

  std::string MemberName(absl::string_view record) const { return absl::StrCat(prefix_, record); }

  // Nullptr when there is none.
  const ZipMember* Find(absl::string_view record) const {
    const auto found = by_name_.find(absl::AsciiStrToLower(MemberName(record)));
    return found == by_name_.end() ? nullptr : found->second;
  }

  // Where the bytes of a record are that is read in full now: its CRC-32 is checked.
  absl::StatusOr<ByteSourcePtr> ReadChecked(const ZipMember& member, int64_t limit) const {
    const std::string label = absl::StrCat("member ", Quoted(member.name));
    if (member.deflated && member.size > limit) {
      return absl::ResourceExhaustedError(absl::StrCat(label, " inflates to ", member.size, " bytes; the limit is ", limit));
    }
    const SourceRange data = archive_.Data(member);
    if (!member.deflated && member.crc32 != 0) {
      RETURN_IF_ERROR(CheckCrc32(data, member.crc32), Annotate(_, label));
    }
    return MakeSliceSource(absl::StrCat(archive_.source()->name(), ": ", label), data.source, data.offset, data.size);
  }

  // The text of a small record.
  absl::StatusOr<std::string> ReadText(const ZipMember& member) const {
    absl::StatusOr<ByteSourcePtr> source = ReadChecked(member, kSmallRecord);
    return source.ok() ? ReadAll(**source, kSmallRecord) : source.status();
  }

 private:
  Records(ZipArchive archive, std::string prefix) : archive_(std::move(archive)), prefix_(std::move(prefix)) {}

  ZipArchive archive_;
  std::string prefix_;                                          // With its "/".
  absl::flat_hash_map<std::string, const ZipMember*> by_name_;  // In lower case.
};

// torch reads versions 1 to 10, and none without (docs/spec/formats.md 3.3).
absl::Status CheckVersion(const Records& records) {
  const ZipMember* member = records.Find("version");
  if (member == nullptr) return absl::DataLossError(absl::StrCat("member ", Quoted(records.MemberName("version")), " is missing"));
  ASSIGN_OR_RETURN(std::string text, records.ReadText(*member));
  const absl::string_view digits = absl::StripAsciiWhitespace(text);
  int version = 0;
  if (digits.empty() || digits.find_first_not_of("0123456789") != absl::string_view::npos) {
    return absl::DataLossError(absl::StrCat("the version record holds ", Quoted(text), ", no number"));
  }
  if (!absl::SimpleAtoi(digits, &version) || version < 1 || version > 10) {
    return absl::UnimplementedError(absl::StrCat("format version ", digits, " is not supported; 1 to 10 are"));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> IsBigEndian(const Records& records) {
  const ZipMember* member = records.Find("byteorder");
  if (member == nullptr) return false;
  ASSIGN_OR_RETURN(std::string text, records.ReadText(*member));
  if (text == "big" || text == "little") return text == "big";
  return absl::DataLossError(absl::StrCat("the byteorder record holds ", Quoted(text), ", neither \"little\" nor \"big\""));
}

std::string UseOf(const pickle::Storage& storage) {
  return absl::StrCat(storage.numel, " elements of ", storage.dtype.has_value() ? DTypeName(*storage.dtype) : "an untyped storage");
}

// The storages that the pickle names, each found once. Uses of one storage may differ in type, if not in bytes, as torch has it.
class Storages {
 public:
  Storages(const Records& records, bool big_endian) : records_(records), big_endian_(big_endian) {}

  // torch swaps the bytes of a storage once, by the width of the type as which the pickle uses it first: a later use as one of another
  // width sees something else.
  absl::Status CheckUses(const pickle::Document& document) const {
    absl::flat_hash_map<absl::string_view, const pickle::Storage*> uses;
    for (const pickle::Value& value : document.values) {
      const auto* storage = value.As<pickle::Storage>();
      if (!big_endian_ || storage == nullptr) continue;
      const pickle::Storage& first = *uses.try_emplace(storage->key, storage).first->second;
      if (SwappedWidth(first) == SwappedWidth(*storage)) continue;
      return absl::DataLossError(
          absl::StrCat("storage ", Quoted(storage->key), " of a big-endian file is used as ", UseOf(first), " and as ", UseOf(*storage)));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<SourceRange> Find(const pickle::Storage& storage) {
    const std::string record = absl::StrCat("data/", storage.key);
    const ZipMember* member = records_.Find(record);
    if (member == nullptr) return absl::DataLossError(absl::StrCat("member ", Quoted(records_.MemberName(record)), " is missing"));
    const std::string& name = member->name;
    ASSIGN_OR_RETURN(const int64_t size, ByteSize({.dtype = storage.dtype.value_or(DType::kUint8), .shape = {storage.numel}}));
    if (member->size != size) {
      return absl::DataLossError(absl::StrCat("member ", Quoted(name), " has ", member->size, " bytes; ", UseOf(storage), " have ", size));
    }
    const int64_t swapped = big_endian_ ? SwappedWidth(storage) : 1;
    // torch swaps by the storage's type and so leaves these as they are, whatever their tensors are.
    if (big_endian_ && !storage.dtype.has_value()) {
      return absl::UnimplementedError("an untyped storage in a big-endian file is not supported");
    }
    const auto [found, is_new] = storages_.try_emplace(std::pair(storage.key, swapped));
    if (!is_new) return found->second;
    found->second = records_.archive().Data(*member);
    if (swapped == 1) return found->second;
    const SourceRange& data = found->second;
    ASSIGN_OR_RETURN(ByteSourcePtr source, MakeSwappedSource(data.source->name(), data.source, data.offset, data.size, swapped));
    return found->second = {.source = std::move(source), .offset = 0, .size = data.size};
  }

 private:
  // Bytes of what is swapped as one.
  static int64_t SwappedWidth(const pickle::Storage& storage) { return NumberSize(storage.dtype.value_or(DType::kUint8)); }

  const Records& records_;
  bool big_endian_;
  // By key and by the width of what is swapped.
  absl::flat_hash_map<std::pair<std::string, int64_t>, SourceRange> storages_;
};

absl::StatusOr<Checkpoint> Read(const ByteSourcePtr& source, const Records& records, const ReadLimits& limits) {
  RETURN_IF_ERROR(CheckVersion(records));
  ASSIGN_OR_RETURN(const bool big_endian, IsBigEndian(records));
  const ZipMember* member = records.Find("data.pkl");
  if (member == nullptr) return absl::DataLossError(absl::StrCat("member ", Quoted(records.MemberName("data.pkl")), " is missing"));
  ASSIGN_OR_RETURN(ByteSourcePtr program, records.ReadChecked(*member, limits.pickle_bytes));

  ASSIGN_OR_RETURN(const pickle::Document document, pickle::RunPickle(*program, 0, program->size(), TorchZipOptions(limits)),
                   Annotate(_, "data.pkl"));

  Checkpoint checkpoint;
  checkpoint.path = source->name();
  checkpoint.format = "torch_zip";
  checkpoint.remarks = pickle::OpaqueRemarks(document);
  checkpoint.module_versions = FindModuleVersions(*document.root);
  Storages storages(records, big_endian);
  RETURN_IF_ERROR(storages.CheckUses(document));
  const auto find = [&storages](const pickle::Storage& storage) { return storages.Find(storage); };
  RETURN_IF_ERROR(AddTensors(document, program, find, limits, checkpoint));
  if (document.end < program->size()) {
    checkpoint.remarks.push_back(absl::StrCat(program->size() - document.end, " bytes follow the pickle's end in data.pkl"));
  }
  NoteArchive(records.archive(), checkpoint);
  return checkpoint;
}

}  // namespace

absl::StatusOr<Checkpoint> ReadTorchZip(ByteSourcePtr source, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(ZipArchive archive, ZipArchive::Open(source, limits));
  absl::StatusOr<Records> records = Records::Create(std::move(archive));
  absl::StatusOr<Checkpoint> checkpoint = records.ok() ? Read(source, *records, limits) : records.status();
  if (checkpoint.ok()) return checkpoint;
  return Annotate(checkpoint.status(), absl::StrCat("reading ", source->name()));
}

bool LooksLikeZip(const ByteSource& source) {
  constexpr uint32_t kLocalHeader = 0x04034b50;  // "PK\3\4".
  ByteCursor cursor(source);
  const absl::StatusOr<uint32_t> signature = cursor.ReadU32();
  return signature.ok() && *signature == kLocalHeader;
}

}  // namespace weighbridge
