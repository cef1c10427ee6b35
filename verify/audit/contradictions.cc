#include "verify/audit/contradictions.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/tensor_spec.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "verify/audit/contradiction_list.h"
#include "verify/audit/output_contradictions.h"
#include "verify/compare/tolerance.h"
#include "verify/digest/digest.h"
#include "verify/manifest/content_root.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

using Files = google::protobuf::RepeatedPtrField<File>;
using Ids = std::vector<absl::string_view>;

class Checker {
 public:
  explicit Checker(const Manifest& manifest) : manifest_(manifest) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    CheckVerdict();
    RETURN_IF_ERROR(CheckRecipes());
    CheckSources();
    CheckFiles("the output", manifest_.output().files());
    CheckOutputTensors(manifest_, found_);
    ASSIGN_OR_RETURN(std::string root, ContentRoot(manifest_.output()));
    found_.Expect(root == manifest_.output().content_root(), "the content root is another than that of the tensors");
    CheckDropped();
    CheckAccounting();
    return std::move(found_).Finish();
  }

 private:
  void CheckVerdict() {
    const Manifest::Verdict verdict = VerdictOf(manifest_.output());
    found_.Expect(manifest_.verdict() == verdict, "the verdict is \"", VerdictName(manifest_.verdict()),
                  "\", and those of the tensors come to \"", VerdictName(verdict), "\"");
    found_.Expect(ParseTolerance(manifest_.tolerance()).ok(), "the tolerance \"", manifest_.tolerance(), "\" is none");
    found_.Expect(!manifest_.output().format().empty(), "the output has no format");
  }

  // The recipe of a text that is what the manifest says of it.
  absl::StatusOr<std::optional<Recipe>> CheckRecipe(const RecipeText& text) {
    ASSIGN_OR_RETURN(std::string sha256, Sha256Of(text.textproto()));
    found_.Expect(sha256 == text.sha256(), "the text of the recipe ", text.name(), " has another SHA-256");
    std::optional<Recipe> recipe = ParseRecipeText(text);
    if (!recipe.has_value()) {
      found_.Add("the text of the recipe ", text.name(), " is no recipe");
    } else {
      found_.Expect(recipe->name() == text.name(), "the recipe ", text.name(), " is called ", recipe->name(), " in its own text");
    }
    return recipe;
  }

  // Also whether the sources are those that the recipes read: those behind a made source stand in its place.
  absl::Status CheckRecipes() {
    ASSIGN_OR_RETURN(std::optional<Recipe> recipe, CheckRecipe(manifest_.recipe()));
    absl::flat_hash_map<absl::string_view, std::optional<Recipe>> makers;
    for (const SourceRecipe& made : manifest_.made_sources()) {
      ASSIGN_OR_RETURN(std::optional<Recipe> maker, CheckRecipe(made.recipe()));
      if (!makers.emplace(made.id(), std::move(maker)).second) found_.Add("the source ", made.id(), " is made twice");
    }
    if (!recipe.has_value()) return absl::OkStatus();
    std::vector<std::string> wanted;
    size_t used = 0;
    for (const Recipe::Source& source : recipe->sources()) {
      const auto maker = makers.find(source.id());
      if (maker == makers.end()) {
        wanted.push_back(source.id());
        continue;
      }
      ++used;
      if (!maker->second.has_value()) return absl::OkStatus();
      for (const Recipe::Source& below : maker->second->sources()) wanted.push_back(below.id());
    }
    found_.Expect(used == makers.size(), "a source is made that the recipe ", manifest_.recipe().name(), " does not read");
    std::vector<std::string> listed;
    for (const SourceCheckpoint& source : manifest_.sources()) listed.push_back(source.id());
    found_.Expect(listed == wanted, "the recipes read \"", absl::StrJoin(wanted, "\", \""), "\", and the sources are \"",
                  absl::StrJoin(listed, "\", \""), "\"");
    return absl::OkStatus();
  }

  void CheckSources() {
    found_.Expect(!manifest_.sources().empty(), "it lists no source");
    absl::flat_hash_set<absl::string_view> ids;
    for (const SourceCheckpoint& source : manifest_.sources()) {
      const std::string what = absl::StrCat("source ", source.id());
      found_.Expect(ids.insert(source.id()).second, what, " is listed twice");
      found_.Expect(!source.format().empty(), what, " has no format");
      found_.Expect(source.tensors() >= 0, what, " has ", source.tensors(), " tensors");
      CheckFiles(what, source.files());
      for (const File& file : source.files())
        found_.Expect(file.container().empty(), what, ": ", file.name(), " has ranges of a container");
    }
  }

  void CheckFiles(absl::string_view owner, const Files& files) {
    absl::flat_hash_set<absl::string_view> names;
    int weights = 0;
    int indexes = 0;
    for (const File& file : files) {
      const std::string what = absl::StrCat(owner, ": file \"", file.name(), "\"");
      const absl::string_view name = file.name();
      const bool is_plain = !name.empty() && name != "." && name != ".." && name.find_first_of(absl::string_view("/\0", 2)) == name.npos;
      found_.Expect(is_plain, what, " has no name of a file in a folder");
      found_.Expect(names.insert(name).second, what, " is listed twice");
      found_.Expect(file.role() != File::ROLE_UNSPECIFIED && File::Role_IsValid(file.role()), what, " has no role");
      found_.Expect(file.size() >= 0, what, " has ", file.size(), " bytes");
      found_.Expect(file.sha256().size() == 32, what, " has no SHA-256");
      found_.Expect(sizes_.emplace(file.sha256(), file.size()).first->second == file.size(), what,
                    " has the SHA-256 of a file of another size");
      weights += file.role() == File::ROLE_WEIGHTS ? 1 : 0;
      indexes += file.role() == File::ROLE_INDEX ? 1 : 0;
    }
    found_.Expect(!files.empty(), owner, " has no file");
    found_.Expect(files.empty() || weights > 0, owner, " has no file of weights");
    found_.Expect(indexes <= 1, owner, " has ", indexes, " indexes");
  }

  // Counts what is dropped of each source.
  void CheckDropped() {
    for (const SourceCheckpoint& source : manifest_.sources()) dropped_[source.id()] = {};
    absl::flat_hash_set<std::pair<absl::string_view, absl::string_view>> names;
    for (const DroppedSourceTensor& tensor : manifest_.dropped()) {
      const std::string what = absl::StrCat("the dropped tensor \"", tensor.source(), "/", tensor.name(), "\"");
      found_.Expect(names.emplace(tensor.source(), tensor.name()).second, what, " is listed twice");
      found_.Expect(tensor.content_xxh3().size() == static_cast<size_t>(DigestSize(DigestKind::kXxh3)), what, " has no XXH3");
      found_.Expect(SpecOf(tensor).has_value(), what, " has a dtype or a shape that no tensor has");
      const auto source = dropped_.find(tensor.source());
      if (source == dropped_.end()) {
        found_.Add(what, " is of a source that is not listed");
        continue;
      }
      ++source->second.tensors;
      source->second.bytes.push_back(ByteSizeOf(tensor));
    }
  }

  void CheckAccounting() {
    const Accounting& all = manifest_.accounting();
    Ids accounted;
    Ids listed;
    Totals totals;
    for (const SourceCheckpoint& source : manifest_.sources()) listed.emplace_back(source.id());
    for (const SourceAccounting& source : all.sources()) accounted.emplace_back(source.id());
    found_.Expect(accounted == listed, "the sources that are accounted for are not those that are listed");
    for (int i = 0; accounted == listed && i < all.sources_size(); ++i) {
      const SourceAccounting& source = all.sources(i);
      const std::string what = absl::StrCat("source ", source.id(), ": ");
      const Dropped& dropped = dropped_[source.id()];
      ExpectSum(absl::StrCat(what, "tensors"), source.tensors(), {source.tensors_used(), source.tensors_dropped()});
      ExpectSum(absl::StrCat(what, "bytes"), source.bytes(), {source.bytes_used(), source.bytes_dropped()});
      ExpectSum(absl::StrCat(what, "bytes dropped"), source.bytes_dropped(), dropped.bytes);
      found_.Expect(source.tensors() == manifest_.sources(i).tensors(), what, "it has ", manifest_.sources(i).tensors(), " tensors, and ",
                    source.tensors(), " are accounted for");
      found_.Expect(source.tensors_dropped() == dropped.tensors, what, source.tensors_dropped(), " tensors are said to be dropped, and ",
                    dropped.tensors, " are listed");
      totals.Add(source);
    }
    ExpectSum("source tensors", all.source_tensors(), totals.tensors);
    ExpectSum("source tensors used", all.source_tensors_used(), totals.tensors_used);
    ExpectSum("source tensors", all.source_tensors(), {all.source_tensors_used(), manifest_.dropped_size()});
    ExpectSum("source bytes", all.source_bytes(), totals.bytes);
    ExpectSum("source bytes used", all.source_bytes_used(), totals.bytes_used);
    ExpectSum("source bytes dropped", all.source_bytes_dropped(), totals.bytes_dropped);
    ExpectSum("source bytes", all.source_bytes(), {all.source_bytes_used(), all.source_bytes_dropped()});
    CheckMade();
  }

  // What the recipe makes is in the file or missing there; of a tensor of another dtype or shape its row does not say how many bytes it
  // should have.
  void CheckMade() {
    int64_t tensors = 0;
    std::vector<int64_t> bytes;
    bool is_known = true;
    for (const OutputTensor& tensor : manifest_.output().tensors()) {
      if (tensor.expression().empty()) continue;
      ++tensors;
      is_known = is_known && SpecOf(tensor).has_value() && tensor.verdict() != OutputTensor::VERDICT_WRONG_DTYPE &&
                 tensor.verdict() != OutputTensor::VERDICT_WRONG_SHAPE;
      bytes.push_back(ByteSizeOf(tensor));
    }
    const Accounting& all = manifest_.accounting();
    found_.Expect(all.output_tensors() == tensors, "the recipe is said to make ", all.output_tensors(), " tensors, and ", tensors,
                  " are listed");
    if (is_known) ExpectSum("output bytes", all.output_bytes(), bytes);
  }

  struct Dropped {
    int64_t tensors = 0;
    std::vector<int64_t> bytes;
  };

  struct Totals {
    std::vector<int64_t> tensors, tensors_used, bytes, bytes_used, bytes_dropped;

    void Add(const SourceAccounting& source) {
      tensors.push_back(source.tensors());
      tensors_used.push_back(source.tensors_used());
      bytes.push_back(source.bytes());
      bytes_used.push_back(source.bytes_used());
      bytes_dropped.push_back(source.bytes_dropped());
    }
  };

  void ExpectSum(absl::string_view what, int64_t sum, const std::vector<int64_t>& parts) {
    if (AddUpTo(parts, sum)) return;
    found_.Add(what, ": ", parts.size() <= 4 ? absl::StrJoin(parts, " and ") : absl::StrCat(parts.size(), " numbers"), " do not add up to ",
               sum);
  }

  const Manifest& manifest_;
  ContradictionList found_;
  absl::flat_hash_map<absl::string_view, int64_t> sizes_;  // Of files, by SHA-256.
  absl::flat_hash_map<absl::string_view, Dropped> dropped_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> Contradictions(const Manifest& manifest) {
  return Checker(manifest).Run();
}

}  // namespace weighbridge
