#include "formats/torch/module_versions.h"

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/torch/read_torch.h"
#include "formats/torch/torch_dialect.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

std::string Text(absl::string_view text) {
  return absl::StrCat("X", std::string(1, static_cast<char>(text.size())), std::string(3, '\0'), text);
}

// A pickle of an OrderedDict with the attribute `_metadata`, which the opcodes `metadata` make.
std::string Program(absl::string_view metadata) {
  return absl::StrCat("\x80\x02", "ccollections\nOrderedDict\n)R}", Text("_metadata"), metadata, "sb.");
}

std::optional<ModuleVersions> Find(absl::string_view metadata) {
  const ByteSourcePtr source = MakeMemorySource("test", Program(metadata));
  const auto document = pickle::RunPickle(*source, 0, source->size(), TorchOptions(ReadLimits()));
  EXPECT_TRUE(document.ok()) << document.status();
  return document.ok() ? FindModuleVersions(*document->root) : std::nullopt;
}

// {key: value}.
std::string Item(absl::string_view key, absl::string_view value) {
  return absl::StrCat("}", key, value, "s");
}

std::string Version(absl::string_view value) {
  return Item(Text("version"), value);
}

TEST(ModuleVersionsTest, AreFoundInTheirOrder) {
  const std::string two =
      absl::StrCat("}(", Text(""), Version("K\1"), Text("b"), Version("K\2"), Text("a"), Version("J\xff\xff\xff\xff"), "u");
  EXPECT_EQ(Find(two), (ModuleVersions{{"", 1}, {"b", 2}, {"a", -1}}));
  EXPECT_EQ(Find("}"), ModuleVersions());
}

TEST(ModuleVersionsTest, MetadataThatIsNoDictIsNone) {
  EXPECT_EQ(Find("N"), std::nullopt);
  EXPECT_EQ(Find("]"), std::nullopt);
  EXPECT_EQ(Find("K\1"), std::nullopt);
}

TEST(ModuleVersionsTest, EntriesOfAnotherFormArePassedOver) {
  const std::string good = absl::StrCat(Text("m"), Version("K\1"));
  const ModuleVersions only_good = {{"m", 1}};
  const struct {
    const char* what;
    std::string entry;
  } cases[] = {
      {"the module is no text", absl::StrCat("K\7", Version("K\1"))},
      {"the entry is no dict", absl::StrCat(Text("x"), "K\1")},
      {"the entry has no version", absl::StrCat(Text("x"), Item(Text("size"), "K\1"))},
      {"the version is None", absl::StrCat(Text("x"), Version("N"))},
      {"the version is a bool", absl::StrCat(Text("x"), Version("\x88"))},
      {"the version is a text", absl::StrCat(Text("x"), Version(Text("1")))},
      {"the version exceeds int64", absl::StrCat(Text("x"), Version(absl::StrCat("\x8a\x09", std::string(8, '\0'), "\1")))},
  };
  for (const auto& c : cases) EXPECT_EQ(Find(absl::StrCat("}(", c.entry, good, "u")), only_good) << c.what;
}

TEST(ModuleVersionsTest, WhatAnEntrySaysBesideTheVersionIsNotKept) {
  const std::string entry = absl::StrCat("}(", Text("assign"), "\x88", Text("version"), "K\3u");
  EXPECT_EQ(Find(Item(Text("m"), entry)), (ModuleVersions{{"m", 3}}));
}

TEST(ModuleVersionsTest, AnEntryThatManyModulesShareIsSearchedOnce) {
  // A dict of 100 000 integers without version under 100 000 names: searched for each, this takes minutes.
  std::string metadata = "}(X\1";
  absl::StrAppend(&metadata, std::string(3, '\0'), "s}(");
  const auto number = [](int value) {
    return absl::StrCat("J", std::string(1, static_cast<char>(value)), std::string(1, static_cast<char>(value >> 8)),
                        std::string(1, static_cast<char>(value >> 16)), std::string(1, '\0'));
  };
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&metadata, number(i), "N");
  absl::StrAppend(&metadata, "uq\1");
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&metadata, number(i), "h\1");
  EXPECT_EQ(Find(absl::StrCat(metadata, "u")), ModuleVersions());
}

TEST(ModuleVersionsTest, AreReadFromLegacyFilesToo) {
  const std::string magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  const std::string file = absl::StrCat(magic, "\x80\x02M\xe9\x03.", "\x80\x02}.", Program(Item(Text("m"), Version("K\2"))), "\x80\x02].");
  const absl::StatusOr<Checkpoint> checkpoint = ReadTorchLegacy(MakeMemorySource("test", file), ReadLimits());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->module_versions, (ModuleVersions{{"m", 2}}));
}

TEST(ModuleVersionsTest, OnlyADictCanHaveSome) {
  EXPECT_EQ(FindModuleVersions(pickle::Value{.data = pickle::List()}), std::nullopt);
  EXPECT_EQ(FindModuleVersions(pickle::Value{.data = pickle::Dict()}), std::nullopt);
}

}  // namespace
}  // namespace weighbridge
