#include "verify/report/report.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/audit/contradictions.h"
#include "verify/manifest/manifest_testing.h"
#include "verify/report/charts.h"
#include "verify/report/html.h"
#include "verify/report/lineage_chart.h"
#include "verify/report/name_groups.h"
#include "verify/report/numbers.h"
#include "verify/report/worst_tensors.h"

namespace weighbridge {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

int CountOccurrences(absl::string_view text, absl::string_view of) {
  int count = 0;
  for (size_t at = text.find(of); at != absl::string_view::npos; at = text.find(of, at + of.size())) ++count;
  return count;
}

// The words of a page, without its tags and style; entities stay.
std::string Words(absl::string_view html) {
  std::string words;
  bool in_tag = false;
  for (const char c : html.substr(html.find("</head>"))) {
    if (c == '<') in_tag = true;
    if (!in_tag) words.push_back(c);
    if (c == '>') in_tag = false;
  }
  return words;
}

OutputTensor* AddTensor(const std::string& name, OutputTensor::Verdict verdict, Manifest* manifest) {
  OutputTensor* tensor = manifest->mutable_output()->add_tensors();
  tensor->set_name(name);
  tensor->set_dtype("float16");
  tensor->add_shape(2);
  tensor->set_verdict(verdict);
  return tensor;
}

TEST(HtmlTest, TextIsEscaped) {
  EXPECT_EQ(report::Concat("<b a='1' c=\"2\">&").source(), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
  EXPECT_EQ(report::ElementWith("p", {{"title", "\"><script>"}}).source(), "<p title=\"&quot;&gt;&lt;script&gt;\"></p>");
  EXPECT_EQ(report::Element("td class=\"x\"", "1 < 2").source(), "<td class=\"x\">1 &lt; 2</td>");
}

TEST(HtmlTest, WhatWouldNotShowIsWrittenOut) {
  const auto shown = [](absl::string_view code) { return absl::StrCat("a<i class=\"character\">", code, "</i>b"); };
  struct Case {
    absl::string_view text;
    absl::string_view code;
  };
  for (const Case& c : std::vector<Case>{{absl::string_view("a\0b", 3), "U+0000"},
                                         {"a\x1b"
                                          "b",
                                          "U+001B"},
                                         {"a\x7f"
                                          "b",
                                          "U+007F"},
                                         {"a\u0085b", "U+0085"},
                                         {"a\u00adb", "U+00AD"},
                                         {"a\u061cb", "U+061C"},
                                         {"a\u200bb", "U+200B"},
                                         {"a\u200fb", "U+200F"},
                                         {"a\u2028b", "U+2028"},
                                         {"a\u202eb", "U+202E"},
                                         {"a\u2066b", "U+2066"},
                                         {"a\ufeffb", "U+FEFF"},
                                         {"a\U000e0041b", "U+E0041"},
                                         {"a\xff"
                                          "b",
                                          "0xFF"}}) {
    EXPECT_EQ(report::Concat(c.text).source(), shown(c.code));
  }
  EXPECT_EQ(report::Concat("Größe 权重 משקל\n").source(), "Größe 权重 משקל\n");
}

TEST(HtmlTest, BytesThatAreNoUtf8AreWrittenOutOneByOne) {
  const auto byte = [](absl::string_view hex) { return absl::StrCat("<i class=\"character\">0x", hex, "</i>"); };
  EXPECT_EQ(report::Concat("\xc0\xbc").source(), byte("C0") + byte("BC")) << "an overlong <";
  EXPECT_EQ(report::Concat("\xed\xa0\x80").source(), byte("ED") + byte("A0") + byte("80")) << "a surrogate";
  EXPECT_EQ(report::Concat("\xe2\x82").source(), byte("E2") + byte("82")) << "cut";
  EXPECT_EQ(report::Concat("\xc3<").source(), byte("C3") + "&lt;") << "a lead byte does not swallow markup";
  EXPECT_EQ(report::Concat("\xf4\x90\x80\x80").source(), byte("F4") + byte("90") + byte("80") + byte("80")) << "past U+10FFFF";
}

TEST(HtmlTest, LongTextLosesItsMiddleBetweenCharacters) {
  EXPECT_EQ(report::Abridge("0123456789", 10), "0123456789");
  EXPECT_EQ(report::Abridge("0123456789", 4), "01… (6 bytes) …89");
  EXPECT_EQ(report::Abridge("äääää", 6), "ä… (6 bytes) …ä");
  EXPECT_LT(report::Name(std::string(1'000'000, '.')).source().size(), 4000U);
}

TEST(NumbersTest, ReadAsPeopleWriteThem) {
  EXPECT_EQ(report::Count(0), "0");
  EXPECT_EQ(report::Count(999), "999");
  EXPECT_EQ(report::Count(-1000), "-1,000");
  EXPECT_EQ(report::Count(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(report::CountOf(1, "tensor"), "1 tensor");
  EXPECT_EQ(report::CountOf(1054, "tensor"), "1,054 tensors");
  EXPECT_EQ(report::Real(-0.0), "0");
  EXPECT_EQ(report::Real(-1.52587890625e-05), "−1.526×10⁻⁵");
  EXPECT_EQ(report::Real(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(report::Share(1, 8), "12.5\u00a0%");
  EXPECT_EQ(report::Share(8, 8), "100\u00a0%");
  EXPECT_EQ(report::Share(0, 8), "0\u00a0%");
  EXPECT_EQ(report::Share(1, int64_t{1} << 40), "< 0.001\u00a0%");
  EXPECT_EQ(report::Share((int64_t{1} << 40) - 1, int64_t{1} << 40), "> 99.999\u00a0%");
  EXPECT_EQ(report::Share(0, 0), "–");
}

TEST(NameGroupsTest, ComponentIsTheBeginningOfANameWithoutNumbers) {
  EXPECT_EQ(report::Component("language_model.llama.layers.0.mlp.up_proj.weight"), "language_model.llama");
  EXPECT_EQ(report::Component("model.layers.31.weight"), "model.layers");
  EXPECT_EQ(report::Component("blocks.3.weight"), "blocks");
  EXPECT_EQ(report::Component("lm_head.weight"), "lm_head");
  EXPECT_EQ(report::Component("query_tokens"), "query_tokens");
  EXPECT_EQ(report::Component("0.weight"), "*");
  EXPECT_EQ(report::Component(""), "");
}

TEST(NameGroupsTest, PatternReplacesPartsThatAreNumbersOnly) {
  EXPECT_EQ(report::Pattern("a.0.b.12"), "a.*.b.*");
  EXPECT_EQ(report::Pattern("transpose(cast(v/a.7.b2.weight, float16))"), "transpose(cast(v/a.*.b2.weight, float16))");
  EXPECT_EQ(report::Pattern("pad(base/a.3, [32001, 4096])"), "pad(base/a.*, [32001, 4096])");
}

TEST(ChartsTest, BarsNeverLeaveTheirWidthWhateverTheNumbers) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(report::Bar({{3, "used"}, {1, "dropped"}}, 4).source(), AllOf(HasSubstr("width=\"750\""), HasSubstr("x=\"750\"")));
  EXPECT_THAT(report::Bar({{kMost, "used"}, {kMost, "dropped"}}, 10).source(),
              AllOf(HasSubstr("width=\"1000\""), HasSubstr("width=\"0\"")));
  EXPECT_THAT(report::Bar({{-5, "used"}}, 10).source(), Not(HasSubstr("<rect")));
  EXPECT_THAT(report::Bar({{5, "used"}}, 0).source(), Not(HasSubstr("<rect")));
}

TEST(ChartsTest, HistogramHasABarForEachFilledBucket) {
  std::vector<int64_t> histogram(23);
  histogram[0] = 1'000'000;
  histogram[2] = 12'345;
  histogram[22] = 7;
  const std::string chart = report::UlpChart(histogram).source();
  EXPECT_EQ(CountOccurrences(chart, "class=\"equal\""), 1);
  EXPECT_EQ(CountOccurrences(chart, "class=\"apart\""), 2);
  EXPECT_THAT(Words("</head>" + chart), AllOf(HasSubstr("1.00M"), HasSubstr("12.3k"), HasSubstr("2¹⁰"), HasSubstr("more")));
  EXPECT_EQ(CountOccurrences(report::UlpSparkline(std::vector<int64_t>(1'000'000, 1)).source(), "h4v"), 23)
      << "no more buckets than there are";
  EXPECT_THAT(report::UlpChart({}).source(), Not(HasSubstr("apart")));
}

TEST(LineageChartTest, SourcesOfAMadeSourceGoThroughIt) {
  const std::string chart = report::LineageChart(ExactManifest()).source();
  EXPECT_EQ(CountOccurrences(chart, "class=\"box\""), 6);
  EXPECT_EQ(CountOccurrences(chart, "<path"), 5);
  EXPECT_THAT(Words("</head>" + chart), HasSubstr("vicunamade by vicuna_delta"));
}

TEST(LineageChartTest, WithoutARecipeThatCanBeReadEverySourceGoesToTheOutput) {
  Manifest manifest = ExactManifest();
  manifest.mutable_made_sources(0)->mutable_recipe()->set_textproto("} no recipe {");
  const std::string chart = report::LineageChart(manifest).source();
  EXPECT_EQ(CountOccurrences(chart, "class=\"box\""), 5);
  EXPECT_EQ(CountOccurrences(chart, "<path"), 4);
}

TEST(WorstTensorsTest, OrdersByErrorBesideMagnitudeAndPutsInfinityFirst) {
  Manifest manifest;
  const auto add = [&](const std::string& name, double error, double magnitude, int64_t beyond) {
    OutputTensor* tensor = AddTensor(name, OutputTensor::VERDICT_DIFFERS, &manifest);
    tensor->mutable_values()->set_min(-magnitude);
    tensor->mutable_values()->set_max(magnitude / 2);
    tensor->mutable_errors()->set_max_absolute(error);
    tensor->mutable_errors()->set_beyond_tolerance(beyond);
    return tensor;
  };
  AddTensor("exact", OutputTensor::VERDICT_EXACT, &manifest);
  add("within", 100, 1, 0);
  add("large", 10, 1000, 1);
  add("small", 1, 1, 1);
  add("not a number", std::numeric_limits<double>::quiet_NaN(), 1, 1);
  add("infinite", 0, 1, 1)->mutable_errors()->mutable_worst()->set_actual("-inf");
  std::vector<std::string> names;
  for (const OutputTensor* tensor : report::WorstTensors(manifest, 4)) names.push_back(tensor->name());
  EXPECT_THAT(names, ElementsAre("not a number", "infinite", "small", "large"));
}

TEST(ReportTest, IsTestedWithManifestsThatHold) {
  EXPECT_THAT(*Contradictions(ExactManifest()), IsEmpty());
  EXPECT_THAT(*Contradictions(MixedManifest()), IsEmpty());
}

// The words in the title and in the heading.
std::string TitleOf(const std::string& html) {
  const size_t begin = html.find("<title>");
  return html.substr(begin, html.find("</title>") - begin);
}
std::string HeadingOf(const std::string& html) {
  const size_t begin = html.find("<h1");
  return html.substr(begin, html.find("</h1>") - begin);
}

TEST(ReportTest, OfANoSaysNoInTitleAndHeading) {
  Manifest contradictory = ExactManifest();
  contradictory.mutable_output()->mutable_tensors(0)->set_verdict(OutputTensor::VERDICT_MISSING);
  const std::vector<std::string> reasons = {"model.bin: is <missing>"};
  for (const std::string& page : {*RenderReport(MixedManifest()), *RenderReport(contradictory), *RenderReport(ExactManifest(), reasons),
                                  *RenderRefusal(ExactManifest(), reasons)}) {
    EXPECT_THAT(TitleOf(page), HasSubstr("NO: minigpt4"));
    EXPECT_THAT(HeadingOf(page), AllOf(HasSubstr("NO"), Not(HasSubstr("Exact"))));
  }
  EXPECT_THAT(Words(*RenderReport(contradictory)),
              HasSubstr("This manifest contradicts itselfthe verdict is &quot;exact&quot;, and those"));
  EXPECT_THAT(Words(*RenderReport(ExactManifest(), reasons)), HasSubstr("Why the audit says nomodel.bin: is &lt;missing&gt;"));
  EXPECT_THAT(TitleOf(*RenderReport(ExactManifest())), Not(HasSubstr("NO")));
}

TEST(ReportTest, OfARefusedManifestRepeatsNothingThatItClaims) {
  const std::string page = *RenderRefusal(ExactManifest(), {"model.bin: is missing"});
  const std::string words = Words(page);
  EXPECT_THAT(words,
              AllOf(HasSubstr("model.bin: is missing"), HasSubstr(absl::BytesToHexString(ExactManifest().output().files(0).sha256()))));
  EXPECT_THAT(words, AllOf(Not(HasSubstr("bit for bit")), Not(HasSubstr("68 tensors")), Not(HasSubstr("exact"))));
  std::vector<std::string> many(1000, "a reason");
  EXPECT_THAT(Words(*RenderRefusal(ExactManifest(), many)), HasSubstr("and 800 findings more"));
}

TEST(ReportTest, SaysWhatAnExactManifestSays) {
  const std::string words = Words(*RenderReport(ExactManifest()));
  EXPECT_THAT(
      words,
      HasSubstr("= Exact68 of 68 tensors: each is, bit for bit, what the recipe minigpt4 makes of blip2, base, delta and minigpt4."));
  EXPECT_THAT(words,
              HasSubstr("3,022,447,360 bytes = 2,821,120,000 used + 201,327,360 dropped. Out went 1,485,064,192 bytes in 68 tensors"));
  EXPECT_THAT(words, HasSubstr("language_model.llamafloat16404000"
                               "1,073,807,360"));
  EXPECT_THAT(words, HasSubstr("language_model.llama.layers.*.self_attn.k_proj.weight8float16 [4096, 4096]"));
  EXPECT_THAT(words, HasSubstr("transpose(add(cast(base/model.layers.*.self_attn.k_proj.weight, float16), "));
  EXPECT_THAT(words, HasSubstr("from hf://lmsys/vicuna-7b-delta-v0/pytorch_model-00001-of-00002.bin, revision b2a4ee6a"));
  EXPECT_THAT(words, HasSubstr("blip2BLIP-2&#39;s own language model (T5), which Vicuna replaces6201,326,592"));
  EXPECT_THAT(words, HasSubstr("language_model.llama3238,531,728017"));
  EXPECT_THAT(words, HasSubstr("sources { id: &quot;base&quot; needs_config: true }"));
  EXPECT_THAT(words, HasSubstr("Output file model_state.pdparams" + absl::BytesToHexString(ExactManifest().output().files(0).sha256())));
  EXPECT_THAT(words, HasSubstr(absl::BytesToHexString(ExactManifest().output().content_root())));
  EXPECT_THAT(words, AllOf(Not(HasSubstr("What is not exact")), Not(HasSubstr("contradicts"))));
}

TEST(ReportTest, ShowsEveryTensorThatIsNotExact) {
  const Manifest manifest = MixedManifest();
  const std::string words = Words(*RenderReport(manifest));
  const std::string list = words.substr(words.find("Every tensor that is not exact"));
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (tensor.verdict() == OutputTensor::VERDICT_EXACT) continue;
    EXPECT_THAT(list, HasSubstr(tensor.name()));
    EXPECT_THAT(list, HasSubstr(tensor.finding()));
  }
  EXPECT_THAT(words, HasSubstr("16,129,326 of 50,332,416 elements in 4 tensors have other bits than they should"));
  EXPECT_THAT(words, HasSubstr("[77] is inf (0x3555) and should be -0.2181 (0x3554)"));
  EXPECT_THAT(words, HasSubstr("1 +∞ (should be 0)"));
  EXPECT_THAT(words, HasSubstr("2 tensors have another name"));
}

TEST(ReportTest, CallsNumbersFiniteOnlyWhereTheManifestKnows) {
  Manifest manifest = ExactManifest();
  EXPECT_THAT(*RenderReport(manifest), HasSubstr("Every number in the output is finite"));
  manifest.mutable_output()->mutable_tensors(5)->clear_values();
  EXPECT_THAT(*RenderReport(manifest), AllOf(Not(HasSubstr("Every number")), HasSubstr("does not say what values 1 tensor hold")));
  manifest.mutable_output()->mutable_tensors(6)->mutable_values()->set_nan(3);
  EXPECT_THAT(Words(*RenderReport(manifest)), HasSubstr("Not finiteNameNaN+∞−∞" + manifest.output().tensors(6).name() + "300"));
}

TEST(ReportTest, IsOneFileThatLoadsNothingAndRunsNothing) {
  const std::string html = *RenderReport(MixedManifest());
  for (const absl::string_view part : {"<script", "<link", "<img", "<a ", "<iframe", "url(", "@import", "src=", "href="}) {
    EXPECT_THAT(html, Not(HasSubstr(std::string(part))));
  }
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST(ReportTest, IsTheSameForTheSameManifest) {
  EXPECT_EQ(*RenderReport(MixedManifest()), *RenderReport(MixedManifest()));
}

TEST(ReportTest, AManifestThatSaysNothingIsAReport) {
  EXPECT_THAT(Words(*RenderReport(Manifest())), AllOf(HasSubstr("? NO verdict"), HasSubstr("not recorded"), HasSubstr("no source")));
}

// Every text of the manifest, of its statistics and of its recipes, whatever field it stands in.
void SetEveryText(const std::string& text, google::protobuf::Message* message) {
  const google::protobuf::Descriptor& type = *message->GetDescriptor();
  const google::protobuf::Reflection& reflection = *message->GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = type.field(i);
    const bool is_text = field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING;
    const bool is_message = field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE;
    if (field->is_repeated()) {
      for (int k = 0; is_text && k < reflection.FieldSize(*message, field); ++k) reflection.SetRepeatedString(message, field, k, text);
      for (int k = 0; is_message && k < reflection.FieldSize(*message, field); ++k) {
        SetEveryText(text, reflection.MutableRepeatedMessage(message, field, k));
      }
    } else if (is_text) {
      reflection.SetString(message, field, text);
    } else if (is_message && reflection.HasField(*message, field)) {
      SetEveryText(text, reflection.MutableMessage(message, field));
    }
  }
}

TEST(ReportTest, NoTextOfAnyFieldBecomesMarkup) {
  Manifest manifest = MixedManifest();
  SetEveryText("</title></style></pre></code><script>alert(1)</script>\"'><img onerror=x>\u202e", &manifest);
  const std::string html = *RenderReport(manifest);
  EXPECT_THAT(html, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<img")), Not(HasSubstr("\u202e"))));
  EXPECT_EQ(CountOccurrences(html, "</style>"), 1);
  EXPECT_EQ(CountOccurrences(html, "</title>"), 1);
  EXPECT_GT(CountOccurrences(html, "&lt;script&gt;alert(1)&lt;/"), 50);
  EXPECT_EQ(CountOccurrences(html, "<code>"), CountOccurrences(html, "</code>"));
}

// Numbers that verify would never write, also where they are added up.
TEST(ReportTest, AbsurdNumbersAreShownAndDoNoHarm) {
  for (const int64_t number : {std::numeric_limits<int64_t>::min(), int64_t{-1}, std::numeric_limits<int64_t>::max()}) {
    Manifest manifest = MixedManifest();
    for (OutputTensor& tensor : *manifest.mutable_output()->mutable_tensors()) {
      tensor.set_verdict(static_cast<OutputTensor::Verdict>(number < 0 ? -7 : 4711));
      tensor.add_shape(number);
      tensor.mutable_values()->set_nan(number);
      tensor.mutable_values()->set_max(std::numeric_limits<double>::quiet_NaN());
      tensor.mutable_losses()->set_saturated(number);
      tensor.mutable_errors()->set_elements(number);
      tensor.mutable_errors()->set_differing(number);
      for (int i = 0; i < 100; ++i) tensor.mutable_errors()->add_ulp_histogram(number);
    }
    for (SourceAccounting& source : *manifest.mutable_accounting()->mutable_sources()) source.set_bytes_used(number);
    manifest.mutable_accounting()->set_source_bytes(number);
    manifest.mutable_accounting()->set_output_bytes(number);
    EXPECT_THAT(Words(*RenderReport(manifest)), AllOf(HasSubstr(report::Count(number)), HasSubstr("no verdict that this report knows")));
  }
}

TEST(ReportTest, ManyTensorsMakeAPageThatCanStillBeRead) {
  Manifest manifest = ExactManifest();
  for (int i = 0; i < 20'000; ++i) {
    AddTensor(absl::StrCat("language_model.llama.layers.", i, ".some_longer_module_name.weight"), OutputTensor::VERDICT_EXACT, &manifest);
  }
  const std::string exact = *RenderReport(manifest);
  EXPECT_LT(exact.size(), 1'000'000U);
  EXPECT_THAT(exact, HasSubstr("and 18,068 more exact tensors, which the manifest lists"));
  for (int i = 0; i < 3'000; ++i) {
    OutputTensor* tensor = AddTensor(absl::StrCat("wrong.", i, ".weight"), OutputTensor::VERDICT_DIFFERS, &manifest);
    tensor->set_finding("element [0] is 1 (0x3c00) and should be 2 (0x4000); 1 of 2 elements differs");
    for (int bucket = 0; bucket < 23; ++bucket) tensor->mutable_errors()->add_ulp_histogram(1000 + bucket);
  }
  const std::string wrong = *RenderReport(manifest);
  EXPECT_LT(wrong.size(), 5'000'000U);
  EXPECT_EQ(CountOccurrences(wrong.substr(wrong.find("Every tensor that is not exact")), "should be 2 (0x4000)"), 3'000);
}

}  // namespace
}  // namespace weighbridge
