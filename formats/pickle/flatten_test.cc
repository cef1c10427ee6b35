#include "formats/pickle/flatten.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/machine_test_util.h"
#include "formats/pickle/pickle_assembler.h"
#include "formats/read_limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge::pickle {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string ATensor() {
  return TensorV2(StorageOf("FloatStorage", "0", 1), Int(0), ")", ")");
}
std::string Item(absl::string_view key, absl::string_view value) {
  return absl::StrCat("}", Unicode(key), value, "s");
}

absl::StatusOr<Leaves> FlattenProgram(absl::string_view program, Pairs pairs = Pairs::kAreTuples) {
  const absl::StatusOr<Document> document = RunProgram(absl::StrCat(program, "."));
  if (!document.ok()) return document.status();
  return Flatten(*document, *document->root, pairs, ReadLimits());
}

std::vector<std::string> Paths(const absl::StatusOr<Leaves>& leaves) {
  std::vector<std::string> paths;
  if (!leaves.ok()) return {leaves.status().ToString()};
  for (const Leaf& leaf : leaves->leaves) paths.push_back(leaf.path);
  return paths;
}

std::vector<std::string> Unlisted(absl::string_view program) {
  const absl::StatusOr<Leaves> leaves = FlattenProgram(program);
  return leaves.ok() ? leaves->unlisted : std::vector<std::string>{leaves.status().ToString()};
}

TEST(FlattenTest, TensorsInPlacesWithoutAPathAreNamed) {
  const std::string in_dict = absl::StrCat(EmptyOrderedDict(), Item("scale", Item("a", ATensor())), "b");
  const std::string hooks = absl::StrCat(EmptyOrderedDict(), "K\1", ATensor(), "s");
  const std::string hooked = CallOf(GlobalOf("torch._utils", "_rebuild_parameter"), absl::StrCat(ATensor(), kTrue, hooks));
  const std::string with_state =
      CallOf(GlobalOf("torch._utils", "_rebuild_parameter_with_state"),
             absl::StrCat(ATensor(), kTrue, EmptyOrderedDict(), TupleOf(absl::StrCat("N", Item("scale", ATensor())))));
  EXPECT_THAT(Unlisted(Item("s", absl::StrCat("\x8f(", ATensor(), "\x90"))), ElementsAre(AllOf(HasSubstr("set"), HasSubstr("\"s\""))));
  EXPECT_THAT(Unlisted(Item("s", absl::StrCat("(", ATensor(), "\x91"))), ElementsAre(HasSubstr("set")));
  EXPECT_THAT(Unlisted(CallOf(GlobalOf("builtins", "set"), absl::StrCat("](", ATensor(), "e"))), ElementsAre(HasSubstr("the root")));
  EXPECT_THAT(Unlisted(Item("s", absl::StrCat("\x8f(", absl::StrCat("(", ATensor(), "\x91"), "\x90"))), ElementsAre(HasSubstr("set")));
  EXPECT_THAT(Unlisted(Item("d", in_dict)), ElementsAre(AllOf(HasSubstr("\"scale\""), HasSubstr("\"d\""))));
  EXPECT_THAT(Unlisted(in_dict), ElementsAre(HasSubstr("\"scale\" of the root")));
  EXPECT_THAT(Unlisted(Item("w", hooked)), ElementsAre(AllOf(HasSubstr("hooks"), HasSubstr("\"w\""))));
  EXPECT_THAT(Unlisted(Item("w", with_state)), ElementsAre(AllOf(HasSubstr("\"scale\""), HasSubstr("\"w\""))));
  // A tensor that the root does not hold is in no place of it; a set of numbers holds none.
  EXPECT_THAT(Unlisted(absl::StrCat(ATensor(), "0\x8f(", ATensor(), "\x90", "0", Item("s", "\x8f(K\1\x90"))), IsEmpty());
}

TEST(FlattenTest, OnlySomeOfManyPlacesAreNamed) {
  std::string program = "](";
  for (int i = 0; i < 25; ++i) absl::StrAppend(&program, "\x8f(", ATensor(), "\x90");
  const std::vector<std::string> unlisted = Unlisted(program + "e");
  ASSERT_EQ(unlisted.size(), 11);
  EXPECT_THAT(unlisted.back(), HasSubstr("15 more"));
}

TEST(FlattenTest, PairsOfANameAndAnArrayAreLeavesWhereAskedFor) {
  const std::string array = NumpyArray(TupleOf(Int(1)), NumpyDType("u1", "|"), Binary("a"));
  const std::string pair = absl::StrCat(Unicode("n"), array, "\x86");
  EXPECT_THAT(Paths(FlattenProgram(Item("w", pair))), ElementsAre("w.1"));
  EXPECT_THAT(Paths(FlattenProgram(Item("w", pair), Pairs::kAreLeaves)), ElementsAre("w"));
  EXPECT_THAT(Paths(FlattenProgram(pair, Pairs::kAreLeaves)), ElementsAre(""));
  EXPECT_THAT(Paths(FlattenProgram(Item("w", absl::StrCat(array, array, "\x86")), Pairs::kAreLeaves)), ElementsAre("w.0", "w.1"));
  EXPECT_THAT(Paths(FlattenProgram(Item("w", absl::StrCat("]", array, "\x86")), Pairs::kAreLeaves)), ElementsAre("w.1"));
}

// Work is counted, and no program asks for more of it than its length allows: of each of these, twice as long asks for at most twice as
// much.

// Steps of running and of listing `program`, or 0 when that is over a limit.
int64_t WorkOf(const std::string& program) {
  const absl::StatusOr<Document> document = RunProgram(program);
  if (absl::IsResourceExhausted(document.status())) return 0;
  EXPECT_TRUE(document.ok()) << document.status();
  if (!document.ok()) return 0;
  const absl::StatusOr<Leaves> leaves = Flatten(*document, *document->root, Pairs::kAreTuples, ReadLimits());
  if (absl::IsResourceExhausted(leaves.status())) return 0;
  EXPECT_TRUE(leaves.ok()) << leaves.status();
  return document->program + document->work + (leaves.ok() ? leaves->work : 0);
}

// A dict of `size` texts under the memo index 0.
std::string ManyItems(int size) {
  std::string program = "}q";
  program.push_back('\0');
  program += "(";
  for (int i = 0; i < size; ++i) absl::StrAppend(&program, Unicode(absl::StrCat("key_", i)), "N");
  return program + "u";
}
const std::string kFirst = std::string("h\0", 2);

// One state of many attributes for many objects, for one object again and again, and as hooks.
std::string Builds(int n) {
  return absl::StrCat(ManyItems(n), "0", EmptyOrderedDict(), Repeat(kFirst + "b", n), ".");
}
std::string States(int n) {
  const std::string call =
      absl::StrCat(GlobalOf("torch._utils", "_rebuild_parameter_with_state"), "q\1(", ATensor(), kTrue, EmptyOrderedDict(), kFirst, "tq\2");
  return absl::StrCat(ManyItems(n), "0", call, "R0", Repeat("h\1h\2R0", n), "}.");
}
std::string Copies(int n) {
  return absl::StrCat(ManyItems(n), "\x85q\1", GlobalOf("builtins", "dict"), "q\2", Repeat("h\2h\1R0", n), "}.");
}
// One global by two long texts of the memo, with opaque objects; one long text under many keys, and in many tuples.
std::string Memo(int n, absl::string_view program) {
  return absl::StrCat(Unicode(std::string(std::min(n, 60'000), 'a')), "q", std::string(1, '\0'), "0](", Repeat(program, n), "e.");
}
// Containers in each other, each holding the one before twice, with a tensor in the innermost; and one wide one in many places.
std::string Doublings(int n) {
  return absl::StrCat(ATensor(), Repeat("2\x86", n), ".");
}
std::string WideInManyPlaces(int n) {
  std::string program = "}q";
  program.push_back('\0');
  absl::StrAppend(&program, "(", Unicode("t"), ATensor(), "q\1");
  for (int i = 0; i < n; ++i) absl::StrAppend(&program, Unicode(absl::StrCat(i)), "h\1");
  absl::StrAppend(&program, "u0](", Repeat(kFirst, n), "e.");
  return program;
}
// Long names above many leaves.
std::string LongNames(int n) {
  std::string program = absl::StrCat("}", Unicode(std::string(std::min(n, 60'000), 'a')), "](", ATensor(), "q\1");
  absl::StrAppend(&program, Repeat("h\1", n), "es.");
  return program;
}
std::string SetsOfOneTensor(int n) {
  return absl::StrCat(ATensor(), "q\1", "0](", Repeat("\x8f(h\1h\1\x90", n), "e.");
}

TEST(AmplificationTest, WorkGrowsWithTheProgram) {
  const struct {
    const char* what;
    std::string (*make)(int);
  } cases[] = {{"builds", Builds}, {"states", States}, {"copies", Copies}, {"sets", SetsOfOneTensor}};
  for (const auto& c : cases) {
    const int64_t work = WorkOf(c.make(20'000));
    const int64_t of_twice = WorkOf(c.make(40'000));
    EXPECT_GT(work, 20'000) << c.what;
    EXPECT_LE(of_twice * 4, work * 9) << c.what;
  }
}

// What is listed can be much more than the program. It is refused before, or within what the program's length allows.
TEST(AmplificationTest, WorkIsWithinItsShareOfTheProgram) {
  const struct {
    const char* what;
    std::string (*make)(int);
  } cases[] = {{"doublings", Doublings}, {"a wide dict", WideInManyPlaces}, {"long names", LongNames}};
  for (const auto& c : cases) {
    for (const int n : {12, 100, 1000, 20'000}) {
      const std::string program = c.make(n);
      EXPECT_LE(WorkOf(program), (int64_t{1} << 20) + 17 * static_cast<int64_t>(program.size())) << c.what << " " << n;
    }
  }
}

TEST(AmplificationTest, LongNamesOfGlobalsAreWork) {
  MachineOptions options = TorchZip();
  options.limits.opaque_objects = true;
  const auto status = [&](int n) { return RunProgram(Memo(n, absl::StrCat(kFirst, kFirst, "\x93")), options).status(); };
  EXPECT_TRUE(status(100).ok()) << status(100);
  EXPECT_EQ(status(60'000).code(), absl::StatusCode::kResourceExhausted) << status(60'000);
  EXPECT_THAT(std::string(status(60'000).message()), HasSubstr("steps of work"));
}

TEST(AmplificationTest, WhatACallLooksThroughIsWork) {
  const auto status = [](const std::string& function, const std::string& arguments, int calls) {
    return RunProgram(absl::StrCat(function, "q\1", arguments, "q\2", "00}", Repeat("h\1h\2R0", calls), ".")).status();
  };
  const std::string long_text = absl::StrCat(Unicode(std::string(60'000, 'a')), Unicode("latin1"), "\x86");
  const std::string many = absl::StrCat("(](", Repeat("N", 20'000), "et");
  for (const auto& [function, arguments] :
       {std::pair(GlobalOf("_codecs", "encode"), long_text), std::pair(GlobalOf("builtins", "frozenset"), many)}) {
    EXPECT_TRUE(status(function, arguments, 10).ok()) << status(function, arguments, 10);
    const absl::Status refused = status(function, arguments, 20'000);
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("steps of work"));
  }
}

TEST(AmplificationTest, SmallProgramsListNoMillionsOfTensors) {
  EXPECT_EQ(FlattenProgram(absl::StrCat(ATensor(), Repeat("2\x86", 10))).status().code(), absl::StatusCode::kOk);
  for (const int doublings : {18, 48, 400}) {
    const absl::Status status = FlattenProgram(absl::StrCat(ATensor(), Repeat("2\x86", doublings))).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << doublings << ": " << status;
  }
}

}  // namespace
}  // namespace weighbridge::pickle
