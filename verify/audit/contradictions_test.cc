#include "verify/audit/contradictions.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/digest/digest.h"
#include "verify/judge_testing.h"
#include "verify/manifest/content_root.h"

namespace weighbridge {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

// The judged conversion, in a file with a header before the tensors.
class ContradictionsTest : public JudgeTest {
 protected:
  Manifest Judged(const std::vector<Stored>& tensors, const JudgeOptions& options = {}) {
    return *Judge(plan_, MakeCheckpoint("/out/merged.bin", tensors, std::string(kHeader, 'h')), options);
  }

  // One file with one bit of "same.weight" in another state.
  std::vector<Stored> Damaged() const {
    std::vector<Stored> tensors = good_;
    tensors[2].bytes[4] ^= 1;
    return tensors;
  }

  static constexpr int kHeader = 3 << 20 | 5;
};

TEST_F(ContradictionsTest, NoneInWhatJudgeWritesWhateverItsVerdict) {
  EXPECT_THAT(*Contradictions(Judged(good_)), IsEmpty());
  EXPECT_THAT(*Contradictions(Judged(Damaged())), IsEmpty());
  EXPECT_THAT(*Contradictions(Judged(Damaged(), {.tolerance = "abs:100"})), IsEmpty());
  std::vector<Stored> tensors = Damaged();
  std::swap(tensors[0], tensors[5]);
  tensors[3].spec.shape = {int64_t{700} * 40};
  tensors[4].spec.dtype = DType::kInt32;
  tensors[6].name = "unexpected";
  tensors[7].bytes.clear();
  tensors[7].spec = {DType::kFloat16, {0}};
  EXPECT_THAT(*Contradictions(Judged(tensors)), IsEmpty());
  EXPECT_THAT(*Contradictions(Judged({})), IsEmpty());
}

TEST_F(ContradictionsTest, TiedTensorsMayShareBytes) {
  Checkpoint merged = MakeCheckpoint("/out/merged.bin", {good_[0], good_[1]}, "header");
  const CheckpointTensor first = merged.tensors()[1];
  ASSERT_TRUE(merged.Add({"tied", first.tensor, ""}).ok());
  plan_.outputs.push_back({"tied", plan_.outputs[1].expr, ""});
  std::erase_if(plan_.outputs, [](const PlannedTensor& o) { return o.name != "norm" && o.name != "square.weight" && o.name != "tied"; });
  const Manifest manifest = *Judge(plan_, merged, {});
  EXPECT_EQ(manifest.verdict(), Manifest::VERDICT_EXACT);
  EXPECT_THAT(*Contradictions(manifest), IsEmpty());
}

struct Case {
  const char* what;
  void (*change)(Manifest& m);
  const char* sentence;
};

// Digests over what a change touches are made anew, as a forger does.
void ExpectNamed(const Manifest& good, const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    Manifest forged = good;
    c.change(forged);
    forged.mutable_recipe()->set_sha256(*Sha256Of(forged.recipe().textproto()));
    forged.mutable_output()->set_content_root(*ContentRoot(forged.output()));
    EXPECT_THAT(*Contradictions(forged), Contains(HasSubstr(c.sentence)));
  }
}

File* OutputFile(Manifest& m) {
  return m.mutable_output()->mutable_files(0);
}
OutputTensor* Tensor(Manifest& m) {
  return m.mutable_output()->mutable_tensors(1);
}
ValueStatistics* Values(Manifest& m) {
  return Tensor(m)->mutable_values();
}

TEST_F(ContradictionsTest, DigestsThatAreNotThoseOfWhatTheyAreOf) {
  Manifest forged = Judged(good_);
  forged.mutable_recipe()->mutable_textproto()->append(" ");
  EXPECT_THAT(*Contradictions(forged), Contains("the text of the recipe example has another SHA-256"));
  forged = Judged(good_);
  forged.mutable_output()->mutable_tensors(0)->set_content_sha256(std::string(32, 'x'));
  EXPECT_THAT(*Contradictions(forged), Contains("the content root is another than that of the tensors"));
}

TEST_F(ContradictionsTest, EveryVerdictIsBorneOut) {
  ExpectNamed(
      Judged(good_),
      {{"top: differs", [](Manifest& m) { m.set_verdict(Manifest::VERDICT_DIFFERS); }, "the verdict is \"differs\", and those"},
       {"top: none", [](Manifest& m) { m.clear_verdict(); }, "the verdict is \"unspecified\""},
       {"top: unknown", [](Manifest& m) { m.set_verdict(static_cast<Manifest::Verdict>(99)); }, "the verdict is \"\""},
       {"top: within", [](Manifest& m) { m.set_verdict(Manifest::VERDICT_WITHIN_TOLERANCE); }, "those of the tensors come to \"exact\""},
       {"tensor: missing", [](Manifest& m) { Tensor(m)->set_verdict(OutputTensor::VERDICT_MISSING); }, "come to \"differs\""},
       {"tensor: missing with values", [](Manifest& m) { Tensor(m)->set_verdict(OutputTensor::VERDICT_MISSING); }, "and it has values"},
       {"tensor: missing with a place", [](Manifest& m) { Tensor(m)->set_verdict(OutputTensor::VERDICT_MISSING); }, "and it has place"},
       {"tensor: none", [](Manifest& m) { Tensor(m)->clear_verdict(); }, "it has no verdict that a tensor can have"},
       {"tensor: unknown", [](Manifest& m) { Tensor(m)->set_verdict(static_cast<OutputTensor::Verdict>(-1)); }, "it has no verdict"},
       {"tensor: within, by exact", [](Manifest& m) { Tensor(m)->set_verdict(OutputTensor::VERDICT_WITHIN_TOLERANCE); },
        "its tolerance is exact"},
       {"tensor: differs without errors", [](Manifest& m) { Tensor(m)->set_verdict(OutputTensor::VERDICT_DIFFERS); },
        "it has no error statistics"},
       {"tensor: unexpected and planned", [](Manifest& m) { Tensor(m)->set_verdict(OutputTensor::VERDICT_UNEXPECTED); },
        "and it has expression"},
       {"exact with a finding", [](Manifest& m) { Tensor(m)->set_finding("is wrong"); }, "its verdict is exact, and it has finding"},
       {"exact with errors", [](Manifest& m) { Tensor(m)->mutable_errors(); }, "its verdict is exact, and it has error statistics"},
       {"exact without expression", [](Manifest& m) { Tensor(m)->clear_expression(); }, "it has no expression"},
       {"no values", [](Manifest& m) { Tensor(m)->clear_values(); }, "it has no values"},
       {"no XXH3", [](Manifest& m) { Tensor(m)->clear_content_xxh3(); }, "its XXH3 has 0 bytes and should have 16"},
       {"half an XXH3", [](Manifest& m) { Tensor(m)->mutable_content_xxh3()->resize(8); }, "its XXH3 has 8 bytes"},
       {"no SHA-256", [](Manifest& m) { Tensor(m)->clear_content_sha256(); }, "its SHA-256 has 0 bytes and should have 32"},
       {"a tolerance that is none", [](Manifest& m) { Tensor(m)->set_tolerance("loose"); }, "\"loose\" is no tolerance"},
       {"a tolerance at the top that is none", [](Manifest& m) { m.set_tolerance("loose"); }, "the tolerance \"loose\" is none"},
       {"no tolerance", [](Manifest& m) { m.clear_tolerance(); }, "the tolerance \"\" is none"}});
}

TEST_F(ContradictionsTest, StatisticsThatNoElementsHave) {
  ExpectNamed(Judged(good_),
              {{"values.nan: more than all", [](Manifest& m) { Values(m)->set_nan(kMost); }, "more of its values are special"},
               {"values.zero: negative", [](Manifest& m) { Values(m)->set_zero(-1); }, "more of its values are special"},
               {"values.subnormal: with all the others", [](Manifest& m) { Values(m)->set_subnormal(33 * 33 + 1); },
                "more of its values are special"},
               {"values.nan: all", [](Manifest& m) { Values(m)->set_nan(int64_t{33} * 33); }, "0 values are finite"},
               {"values.min: gone", [](Manifest& m) { Values(m)->clear_min(); }, "its least, greatest and mean value"},
               {"values.min: above max", [](Manifest& m) { Values(m)->set_min(9); }, "no values lie from 9 to"},
               {"values.max: NaN", [](Manifest& m) { Values(m)->set_max(std::numeric_limits<double>::quiet_NaN()); }, "no values lie from"},
               {"losses: none", [](Manifest& m) { Tensor(m)->mutable_losses()->set_changed(0); }, "its casts changed 0 elements"},
               {"losses: more saturated", [](Manifest& m) { Tensor(m)->mutable_losses()->set_saturated(kMost); }, "its casts changed"}});
  static constexpr auto kErrors = [](Manifest& m) { return m.mutable_output()->mutable_tensors(2)->mutable_errors(); };
  ExpectNamed(
      Judged(Damaged(), {.tolerance = "abs:100"}),
      {{"errors.elements", [](Manifest& m) { kErrors(m)->set_elements(7); }, "7 of its elements were compared, and it has 1089"},
       {"errors.differing: none", [](Manifest& m) { kErrors(m)->set_differing(0); }, "0 of its elements differ"},
       {"errors.differing: more than all", [](Manifest& m) { kErrors(m)->set_differing(kMost); }, "of its elements differ"},
       {"errors.beyond: within", [](Manifest& m) { kErrors(m)->set_beyond_tolerance(1); }, "1 elements are beyond the tolerance"},
       {"errors.beyond: negative", [](Manifest& m) { kErrors(m)->set_beyond_tolerance(-1); }, "-1 beyond the tolerance"},
       {"errors.histogram: short", [](Manifest& m) { kErrors(m)->mutable_ulp_histogram()->RemoveLast(); }, "its histogram has"},
       {"errors.histogram: negative", [](Manifest& m) { kErrors(m)->set_ulp_histogram(3, kLeast); }, "its histogram has"},
       {"errors.expected", [](Manifest& m) { kErrors(m)->mutable_expected()->set_nan(kMost); }, "more of its expected values"},
       {"errors.nan_payloads", [](Manifest& m) { kErrors(m)->set_nan_payloads(-3); }, "more of its expected values"},
       {"errors.first: outside", [](Manifest& m) { kErrors(m)->mutable_first()->set_index(0, 33); }, "it has no element [33, "},
       {"errors.worst: rank", [](Manifest& m) { kErrors(m)->mutable_worst()->add_index(0); }, "it has no element ["},
       {"within without a finding", [](Manifest& m) { m.mutable_output()->mutable_tensors(2)->clear_finding(); }, "it has no finding"},
       {"within, the tolerance forged", [](Manifest& m) { m.set_tolerance("exact"); }, "its tolerance is exact"}});
}

TEST_F(ContradictionsTest, EveryByteOfAFileIsCoveredOnce) {
  static constexpr auto kRange = [](Manifest& m, int i) { return OutputFile(m)->mutable_container(i); };
  ExpectNamed(
      Judged(good_),
      {{"size: more", [](Manifest& m) { OutputFile(m)->set_size(OutputFile(m)->size() + 1); }, "on are in no tensor and in no range"},
       {"size: absurd", [](Manifest& m) { OutputFile(m)->set_size(kMost); }, "on are in no tensor and in no range"},
       {"size: negative", [](Manifest& m) { OutputFile(m)->set_size(-1); }, "has -1 bytes"},
       {"size: less", [](Manifest& m) { OutputFile(m)->set_size(10); }, "it lies outside merged.bin"},
       {"container: none", [](Manifest& m) { OutputFile(m)->clear_container(); }, "bytes from 0 on are in no tensor"},
       {"container: last gone", [](Manifest& m) { OutputFile(m)->mutable_container()->RemoveLast(); }, "bytes from 3145728 on are in no"},
       {"container: twice", [](Manifest& m) { *OutputFile(m)->add_container() = *kRange(m, 3); }, "from 3145728 on is covered already"},
       {"container: over a tensor", [](Manifest& m) { kRange(m, 3)->set_size(6); }, "has 6 bytes, and the tensors leave 5"},
       {"container: swapped", [](Manifest& m) { OutputFile(m)->mutable_container()->SwapElements(0, 1); }, "bytes from 0 on"},
       {"container: long", [](Manifest& m) { kRange(m, 0)->set_size(2 << 20); }, "has 2097152 bytes, and the tensors leave 1048576"},
       {"container.offset: negative", [](Manifest& m) { kRange(m, 0)->set_offset(kLeast); }, "bytes from 0 on are in no tensor"},
       {"container.xxh3: none", [](Manifest& m) { kRange(m, 1)->clear_xxh3(); }, "the range of the container from 1048576 on has no XXH3"},
       {"tensor: no offset", [](Manifest& m) { Tensor(m)->clear_offset(); }, "a file without an offset"},
       {"tensor: no file", [](Manifest& m) { Tensor(m)->clear_file(); }, "an offset without a file"},
       {"tensor: no place", [](Manifest& m) { Tensor(m)->clear_file(), Tensor(m)->clear_offset(); }, "on are in no tensor and in no range"},
       {"tensor.file: beyond", [](Manifest& m) { Tensor(m)->set_file(1); }, "it lies in file 1, and there are 1"},
       {"tensor.file: negative", [](Manifest& m) { Tensor(m)->set_file(-1); }, "it lies in file -1"},
       {"tensor.offset: elsewhere", [](Manifest& m) { Tensor(m)->set_offset(0); }, "bytes from"},
       {"tensor.offset: negative", [](Manifest& m) { Tensor(m)->set_offset(-1); }, "it lies outside merged.bin"},
       {"tensor.offset: overflow", [](Manifest& m) { Tensor(m)->set_offset(kMost); }, "it lies outside merged.bin"},
       {"tensor.dtype: other size", [](Manifest& m) { Tensor(m)->set_dtype("int8"); }, "are in no tensor and in no range"},
       {"tensor.dtype: none", [](Manifest& m) { Tensor(m)->set_dtype("float17"); }, "no tensor is float17 [33, 33]"},
       {"tensor.shape: negative", [](Manifest& m) { Tensor(m)->set_shape(0, -1); }, "no tensor is float16 [-1, 33]"},
       {"tensor.shape: overflow", [](Manifest& m) { Tensor(m)->set_shape(0, kMost); }, "no tensor is float16 ["}});
}

TEST_F(ContradictionsTest, RolesNamesAndListsOfFiles) {
  static constexpr auto kSource = [](Manifest& m) { return m.mutable_sources(0); };
  ExpectNamed(
      Judged(good_),
      {{"output.files: none", [](Manifest& m) { m.mutable_output()->clear_files(); }, "the output has no file"},
       {"output.files: twice", [](Manifest& m) { *m.mutable_output()->add_files() = *OutputFile(m); },
        "file \"merged.bin\" is listed twice"},
       {"output.files.role: config", [](Manifest& m) { OutputFile(m)->set_role(File::ROLE_CONFIG); }, "which is said to hold no weights"},
       {"output.files.role: index", [](Manifest& m) { OutputFile(m)->set_role(File::ROLE_INDEX); }, "the output has no file of weights"},
       {"output.files.role: none", [](Manifest& m) { OutputFile(m)->clear_role(); }, "has no role"},
       {"output.files.role: unknown", [](Manifest& m) { OutputFile(m)->set_role(static_cast<File::Role>(9)); }, "has no role"},
       {"output.files.name: none", [](Manifest& m) { OutputFile(m)->clear_name(); }, "has no name of a file in a folder"},
       {"output.files.name: a path", [](Manifest& m) { OutputFile(m)->set_name("../merged.bin"); }, "has no name of a file in a folder"},
       {"output.files.name: a folder", [](Manifest& m) { OutputFile(m)->set_name(".."); }, "has no name of a file in a folder"},
       {"output.files.sha256: none", [](Manifest& m) { OutputFile(m)->clear_sha256(); }, "has no SHA-256"},
       {"output.files.sha256: of another", [](Manifest& m) { OutputFile(m)->set_sha256(m.sources(0).files(0).sha256()); },
        "of another size"},
       {"output.format: none", [](Manifest& m) { m.mutable_output()->clear_format(); }, "the output has no format"},
       {"output.tensors: none", [](Manifest& m) { m.mutable_output()->clear_tensors(); }, "it lists no tensor"},
       {"output.tensors: twice", [](Manifest& m) { *m.mutable_output()->add_tensors() = *Tensor(m); },
        "\"square.weight\": it is listed twice"},
       {"sources: none", [](Manifest& m) { m.clear_sources(); }, "it lists no source"},
       {"sources: twice", [](Manifest& m) { *m.add_sources() = *kSource(m); }, "source model is listed twice"},
       {"sources.id: another", [](Manifest& m) { kSource(m)->set_id("other"); },
        "the recipes read \"model\", and the sources are \"other\""},
       {"sources.format: none", [](Manifest& m) { kSource(m)->clear_format(); }, "source model has no format"},
       {"sources.files: none", [](Manifest& m) { kSource(m)->clear_files(); }, "source model has no file"},
       {"sources.files: no weights", [](Manifest& m) { kSource(m)->mutable_files()->DeleteSubrange(0, 1); }, "has no file of weights"},
       {"sources.files: twice", [](Manifest& m) { *kSource(m)->add_files() = m.sources(0).files(1); }, "\"config.json\" is listed twice"},
       {"sources.files.container", [](Manifest& m) { kSource(m)->mutable_files(0)->add_container(); }, "has ranges of a container"},
       {"sources.tensors: negative", [](Manifest& m) { kSource(m)->set_tensors(-7); }, "source model has -7 tensors"}});
}

TEST_F(ContradictionsTest, RecipesThatAreNotWhatIsSaidOfThem) {
  static constexpr auto kMade = [](Manifest& m, const char* id) {
    SourceRecipe* made = m.add_made_sources();
    made->set_id(id);
    made->mutable_recipe()->set_name("maker");
    made->mutable_recipe()->set_textproto("name: \"maker\" sources { id: \"below\" }");
    made->mutable_recipe()->set_sha256(*Sha256Of(made->recipe().textproto()));
    return made;
  };
  ExpectNamed(
      Judged(good_),
      {{"recipe.textproto: none", [](Manifest& m) { m.mutable_recipe()->set_textproto("}"); },
        "the text of the recipe example is no recipe"},
       {"recipe.name: another", [](Manifest& m) { m.mutable_recipe()->set_name("minigpt4"); }, "the recipe minigpt4 is called example"},
       {"recipe: no source", [](Manifest& m) { m.mutable_recipe()->set_textproto("name: \"example\""); },
        "the recipes read \"\", and the sources"},
       {"made_sources: not read", [](Manifest& m) { kMade(m, "other"); }, "a source is made that the recipe example does not read"},
       {"made_sources: reads others", [](Manifest& m) { kMade(m, "model"); }, "the recipes read \"below\", and the sources are \"model\""},
       {"made_sources: twice", [](Manifest& m) { kMade(m, "model"), kMade(m, "model"); }, "the source model is made twice"},
       {"made_sources.sha256", [](Manifest& m) { kMade(m, "model")->mutable_recipe()->clear_sha256(); },
        "the recipe maker has another SHA-256"}});
}

TEST_F(ContradictionsTest, SumsThatDoNotHold) {
  static constexpr auto kAll = [](Manifest& m) { return m.mutable_accounting(); };
  static constexpr auto kSource = [](Manifest& m) { return m.mutable_accounting()->mutable_sources(0); };
  static constexpr auto kDropped = [](Manifest& m) { return m.mutable_dropped(0); };
  ExpectNamed(
      Judged(good_),
      {{"source_tensors", [](Manifest& m) { kAll(m)->set_source_tensors(8); }, "source tensors: 7 do not add up to 8"},
       {"source_tensors_used", [](Manifest& m) { kAll(m)->set_source_tensors_used(7); }, "source tensors used: 6 do not add up to 7"},
       {"source_bytes", [](Manifest& m) { kAll(m)->set_source_bytes(1); }, "source bytes: "},
       {"source_bytes_used: overflow", [](Manifest& m) { kAll(m)->set_source_bytes_used(kMost); },
        "source bytes: 9223372036854775807 and 4"},
       {"source_bytes_dropped: negative", [](Manifest& m) { kAll(m)->set_source_bytes_dropped(kLeast); }, "source bytes dropped: "},
       {"output_tensors", [](Manifest& m) { kAll(m)->set_output_tensors(8); }, "said to make 8 tensors, and 9 are listed"},
       {"output_bytes", [](Manifest& m) { kAll(m)->set_output_bytes(0); }, "output bytes: 9 numbers do not add up to 0"},
       {"sources: none", [](Manifest& m) { kAll(m)->clear_sources(); }, "that are accounted for are not those that are listed"},
       {"sources.id", [](Manifest& m) { kSource(m)->set_id("other"); }, "that are accounted for are not those that are listed"},
       {"sources.tensors", [](Manifest& m) { kSource(m)->set_tensors(8); }, "it has 7 tensors, and 8 are accounted for"},
       {"sources.tensors_dropped", [](Manifest& m) { kSource(m)->set_tensors_dropped(2); },
        "2 tensors are said to be dropped, and 1 are listed"},
       {"sources.tensors_used", [](Manifest& m) { kSource(m)->set_tensors_used(-6); },
        "source model: tensors: -6 and 1 do not add up to 7"},
       {"sources.bytes", [](Manifest& m) { kSource(m)->set_bytes(kMost); }, "source model: bytes: "},
       {"sources.bytes_dropped", [](Manifest& m) { kSource(m)->set_bytes_dropped(5); }, "bytes dropped: 4 do not add up to 5"},
       {"dropped: none", [](Manifest& m) { m.clear_dropped(); }, "1 tensors are said to be dropped, and 0 are listed"},
       {"dropped: twice", [](Manifest& m) { *m.add_dropped() = *kDropped(m); }, "\"model/unused\" is listed twice"},
       {"dropped.source", [](Manifest& m) { kDropped(m)->set_source("x"); }, "\"x/unused\" is of a source that is not listed"},
       {"dropped.dtype", [](Manifest& m) { kDropped(m)->set_dtype("float17"); }, "has a dtype or a shape that no tensor has"},
       {"dropped.shape", [](Manifest& m) { kDropped(m)->set_shape(0, 3); }, "bytes dropped: 6 do not add up to 4"},
       {"dropped.content_xxh3", [](Manifest& m) { kDropped(m)->clear_content_xxh3(); }, "\"model/unused\" has no XXH3"}});
}

TEST_F(ContradictionsTest, OfVeryManyTheFirstAreNamedAndTheOthersCounted) {
  Manifest forged = Judged(good_);
  for (int i = 0; i < 1000; ++i) forged.mutable_output()->add_tensors()->set_dtype("float17");
  const std::vector<std::string> found = *Contradictions(forged);
  ASSERT_EQ(found.size(), 101U);
  EXPECT_THAT(found.back(), HasSubstr(" statements more"));
}

}  // namespace
}  // namespace weighbridge
