#include "recipe/compile_budget.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "recipe/compile_options.h"
#include "recipe/compile_testing.h"

namespace weighbridge {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kOneSource[] = "sources { id: 'm' description: 'the weights' } ";
constexpr char kTakeAll[] = "sections { source: 'm' takes { match: '*' } } ";
constexpr char kDropAll[] = "drops { source: 'm' match: '*' reason: 'x' } ";

std::vector<PlanSource> Weights(const std::vector<std::string>& names = {"a"}, Facts facts = {}) {
  std::vector<Zeros> tensors;
  for (const std::string& name : names) tensors.push_back({name, {DType::kFloat32, {2, 3}}, ""});
  return {MakeSource("m", tensors, std::move(facts))};
}

std::string Repeated(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) absl::StrAppend(&all, text);
  return all;
}

std::string Entries(const std::string& entries) {
  return absl::StrCat("sections { source: 'm' entries { ", entries, " } } ");
}

TEST(RecipeLimitsTest, EveryRecipeWithoutEndNamesItsLimitAndItsRule) {
  struct Case {
    const char* what;
    std::string recipe;
    std::vector<PlanSource> sources;
    const char* limit;
    const char* rule;
  };
  const std::string nine = "9000000000000000000";
  // Small ones, which are reached soon.
  CompileOptions options;
  options.limits = {.outputs = 10'000, .modules = 10'000, .names_bytes = 1 << 20, .operations = 20'000, .work = 20'000'000};
  options.limits.terms = 1000;
  const Case cases[] = {
      {"terms", Entries("tensor { from: '" + Repeated(1000, "{1}") + "' to: 'x' }"), Weights(), "more terms than its limit", "recipe \""},
      {"layers that are absent", Entries("layers { count: '" + nine + "' tensors { from: 'x.{i}' to: 'x.{i}' may_be_absent: true } }"),
       Weights(), "at most 10000 times, not 9000000000000000000", "layers of \"9000000000000000000\""},
      {"layers by a config", Entries("layers { count: 'm.n * 1000' tensors { from: 'x.{i}' to: 'x.{i}' may_be_absent: true } }"),
       Weights({"a"}, {{"n", int64_t{1'000'000'000}}}), "at most 10000 times", "layers of \"m.n * 1000\""},
      {"layers beside each other that are absent",
       "sections { source: 'm' " +
           Repeated(100,
                    "entries { layers { count: '10000' tensors { from: 'absent.layers.{i}.weight' to: 'x.{i}' may_be_absent: true } } }") +
           "} ",
       Weights(), "steps of the compiler", "from \"absent.layers.{i}.weight\""},
      {"more outputs than tensors",
       Entries("layers { count: '10000' tensors { from: 'a' to: 'x.{i}' } tensors { from: 'a' to: 'y.{i}' } }"), Weights(),
       "at most 10000 outputs", "from \"a\""},
      {"operations", Entries("layers { count: '1000' tensors { from: 'a' to: 'x.{i}' " + Repeated(50, "steps { transpose {} } ") + "} }"),
       Weights(), "at most 20000 operations", "from \"a\""},
      {"a name that doubles",
       absl::StrCat("sections { source: 'm' takes { match: 'a' ", Repeated(60, "replacements { text: 'a' with: 'aa' } "), "} } "),
       Weights(), "a name has at most 65536 bytes", "take of \"a\""},
      {"a name that grows at once",
       absl::StrCat("sections { source: 'm' takes { match: '*' ",
                    Repeated(3, absl::StrCat("replacements { text: 'a' with: '", std::string(4000, 'a'), "' } ")), "} } "),
       Weights(), "a name has at most 65536 bytes", "take of \"*\""},
      {"names together", Entries("layers { count: '10000' tensors { from: 'a' to: '{i}" + std::string(60'000, 'n') + "' } }"), Weights(),
       "bytes of names", "from \"a\""},
      {"the container's name for a tensor", Entries("tensor { from: 'a' to: 'a' tensor_name: '" + std::string(70'000, 't') + "' }"),
       Weights(), "a name has at most 65536 bytes", "from \"a\""},
      {"a source's name", kTakeAll, Weights({std::string(70'000, 'n')}), "a name has at most 65536 bytes", "take of \"*\""},
      {"a long pattern", absl::StrCat("sections { source: 'm' takes { match: '", std::string(5000, '*'), "' } } "), Weights(),
       "a pattern has at most 4096 bytes", "take of"},
      {"a long replacement",
       absl::StrCat("sections { source: 'm' takes { match: '*' replacements { text: '", std::string(5000, 'a'), "' with: '' } } } "),
       Weights(), "a pattern has at most 4096 bytes", "take of \"*\""},
      {"patterns that go back and forth",
       absl::StrCat("sections { source: 'm' ",
                    Repeated(100, absl::StrCat("takes { match: '*", std::string(2000, 'a'), "b' may_be_absent: true } ")), "} ", kDropAll),
       Weights({std::string(60'000, 'a')}), "steps of the compiler", "take of"},
      {"drops that go back and forth",
       absl::StrCat("sections { source: 'm' takes { match: 'b' } } ",
                    Repeated(100, absl::StrCat("drops { source: 'm' match: '*", std::string(2000, 'a'), "b' reason: 'x' } "))),
       Weights({"b", std::string(60'000, 'a')}), "steps of the compiler", "the drop of"},
      {"modules", absl::StrCat(kTakeAll, "result { modules { name: 'm{i}' count: '", nine, "' count_from: 'm' } }"), Weights(),
       "at most 10000 modules", "module \"m{i}\": count \"9000000000000000000\" is 9000000000000000000"},
      {"modules in modules",
       absl::StrCat(kTakeAll,
                    "result { modules { name: 'm{i}' count: '2000' count_from: 'm' modules { name: 'n{i}' count: '2000' "
                    "count_from: 'm' } } }"),
       Weights(), "at most 10000 modules", "module \"n{i}\""},
      {"a module's name", absl::StrCat(kTakeAll, "result { modules { name: '", std::string(70'000, 'm'), "' } }"), Weights(),
       "a name has at most 65536 bytes", "module \""},
      {"bytes of tensors",
       Entries(
           "layers { count: '4' tensors { from: 'a' to: 'x.{i}' steps { add_token_rows { token: 't' pad_rows: '30000000000000000' } } } }"),
       Weights(), "at most 1152921504606846976 bytes of tensors", "from \"a\""},
  };
  for (const Case& c : cases) {
    const absl::Status status = CompileText(absl::StrCat(kOneSource, c.recipe), c.sources, options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << c.what << ": " << std::string(status.message()).substr(0, 300);
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(c.limit), HasSubstr(c.rule))) << c.what;
    EXPECT_LT(status.message().size(), 500) << c.what;
  }
}

TEST(RecipeLimitsTest, ALimitThatIsJustReachedIsNone) {
  CompileOptions options;
  options.limits = {.outputs = 3, .modules = 2, .name_bytes = 3, .names_bytes = 11, .pattern_bytes = 3};
  const std::string recipe = absl::StrCat(kOneSource, Entries("layers { count: '3' tensors { from: 'a' to: 'x.{i}' } }"),
                                          "result { modules { name: '{i}' count: '2' count_from: 'm' } }");
  EXPECT_TRUE(CompileText(recipe, Weights(), options).ok());
  for (int64_t RecipeLimits::*limit :
       {&RecipeLimits::outputs, &RecipeLimits::modules, &RecipeLimits::name_bytes, &RecipeLimits::names_bytes}) {
    CompileOptions less = options;
    --(less.limits.*limit);
    EXPECT_EQ(CompileText(recipe, Weights(), less).status().code(), absl::StatusCode::kResourceExhausted);
  }
}

// What is looked for in vain is looked for once: every layer asks again.
TEST(RecipeLimitsTest, AConfigOfManyValuesIsNotSearchedForEveryLayer) {
  Facts facts;
  for (int i = 0; i < 200'000; ++i) facts.emplace(absl::StrCat("x.", i), int64_t{0});
  const std::string recipe = absl::StrCat(
      kOneSource, Entries("layers { count: '20000' tensors { from: 'a' to: 'x.{i}' shape: ['absent ?? 2', 'm.absent ?? 3'] } }"));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(CompileText(recipe, Weights({"a"}, std::move(facts))).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));  // 40,000 searches take minutes.
}

TEST(RecipeLimitsTest, AStopIsNoticedWhileARecipeIsCompiled) {
  std::atomic<bool> stop = false;
  CompileOptions options;
  options.limits.work = INT64_MAX;
  options.stop = &stop;
  std::string recipe = absl::StrCat(kOneSource, "sections { source: 'm' ");
  absl::StrAppend(&recipe,
                  Repeated(200, "entries { layers { count: '10000' tensors { from: 'x.{i}' to: 'x.{i}' may_be_absent: true } } } "), "} ");
  const std::jthread user([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop = true;
  });
  EXPECT_EQ(CompileText(recipe, Weights(), options).status().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace weighbridge
