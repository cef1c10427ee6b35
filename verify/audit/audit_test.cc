#include "verify/audit/audit.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/digest/digest.h"
#include "verify/judge_testing.h"
#include "verify/manifest/content_root.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;
using Lines = std::vector<std::string>;

// A good file with bytes of a container before and behind the tensors, judged; and what is left of it later.
class AuditTest : public JudgeTest {
 protected:
  AuditTest() {
    // The whole conversion but the great matrix: every byte is changed once below.
    std::erase_if(plan_.outputs, [](const PlannedTensor& output) { return output.name == "wide.weight"; });
    std::erase_if(good_, [](const Stored& stored) { return stored.name == "wide.weight"; });
    std::vector<Stored> tensors = good_;
    bytes_ = "HEADER";
    for (const Stored& tensor : tensors) bytes_ += tensor.bytes;
    merged_ = MakeCheckpoint("/out/merged.bin", tensors, "HEADER");
    manifest_ = *Judge(plan_, merged_, {});
    EXPECT_TRUE(IsAccepted(manifest_));
  }

  Lines Audit(const std::string& bytes, int threads = 1) const {
    return *AuditFiles(manifest_, {MakeMemorySource("later", bytes)}, {.threads = threads});
  }

  static Lines OfManifest(const Manifest& manifest, const AuditQuestion& question = {}) {
    return *AuditManifest(manifest, SerializeManifest(manifest), question);
  }

  Manifest manifest_;
  Checkpoint merged_;
  std::string bytes_;
};

TEST_F(AuditTest, SaysYesToTheSameBytes) {
  EXPECT_EQ(Audit(bytes_), Lines());
  EXPECT_EQ(OfManifest(manifest_), Lines());
  EXPECT_EQ(*AuditContent(manifest_, MakeCheckpoint("other", good_), {}), Lines());
  EXPECT_EQ(*AuditTable(manifest_, merged_, {}), Lines());
}

TEST_F(AuditTest, TheTableIsWhatTheFilesSayThemselves) {
  const auto findings = [&](const std::function<void(Output&)>& change) {
    Manifest forged = manifest_;
    change(*forged.mutable_output());
    const Lines lines = *AuditTable(forged, merged_, {});
    return lines.empty() ? std::string() : lines[0];
  };
  const std::string first = manifest_.output().tensors(0).name();
  EXPECT_THAT(findings([](Output& output) { output.mutable_tensors(0)->mutable_name()->swap(*output.mutable_tensors(1)->mutable_name()); }),
              HasSubstr(absl::StrCat("tensor 0 of the output's files is \"", first, "\"")));
  EXPECT_THAT(findings([](Output& output) { output.set_format("other"); }), HasSubstr("format is other"));
  EXPECT_THAT(findings([](Output& output) { output.mutable_tensors()->RemoveLast(); }), HasSubstr("files hold 8"));
  EXPECT_THAT(findings([](Output& output) { output.mutable_tensors(0)->set_dtype("int32"); }), HasSubstr("says \"norm\", int32"));
  EXPECT_THAT(findings([](Output& output) { output.mutable_tensors(0)->clear_offset(); }), HasSubstr("from byte 6 of file 0"));
  EXPECT_THAT(findings([](Output& output) { output.mutable_tensors(1)->set_offset(7); }), HasSubstr("from byte 7 of file 0"));
}

TEST_F(AuditTest, TensorsWithoutAPlaceAreReadForTheTable) {
  Checkpoint turned;
  turned.format = merged_.format;
  turned.files = merged_.files;
  const CheckpointTensor& row = merged_.tensors()[1];
  ASSERT_EQ(row.tensor.spec().shape.size(), 2U);
  const Shape shape = {row.tensor.spec().shape[1], row.tensor.spec().shape[0]};
  ASSERT_TRUE(
      turned
          .Add({row.name,
                *StoredTensor::Create({row.tensor.spec().dtype, shape}, merged_.files[0].bytes, row.tensor.offset(), {1, shape[0]}), ""})
          .ok());
  Manifest manifest = manifest_;
  manifest.mutable_output()->mutable_tensors()->DeleteSubrange(2, manifest.output().tensors_size() - 2);
  manifest.mutable_output()->mutable_tensors()->DeleteSubrange(0, 1);
  OutputTensor& tensor = *manifest.mutable_output()->mutable_tensors(0);
  tensor.clear_file();
  tensor.clear_offset();
  std::swap(*tensor.mutable_shape()->Mutable(0), *tensor.mutable_shape()->Mutable(1));
  EXPECT_EQ(*AuditTable(manifest, turned, {}), (Lines{"tensor \"square.weight\": its elements have another SHA-256"}));
  ContentDigest digest({row.tensor.spec().dtype, shape}, DigestKind::kSha256);
  ASSERT_TRUE(ForEachPiece(turned.tensors()[0].tensor, 1 << 20, [&](absl::string_view piece) { digest.Update(piece); }).ok());
  tensor.set_content_sha256(*digest.Finish());
  EXPECT_EQ(*AuditTable(manifest, turned, {}), Lines());
}

TEST_F(AuditTest, FindsEveryChangedByteAndSaysWhereItIs) {
  std::vector<std::string> owners(6, "container, bytes 0 to 5, before tensor \"norm\"");
  for (const Stored& tensor : good_) {
    owners.resize(owners.size() + tensor.bytes.size(),
                  absl::StrCat("tensor \"", tensor.name, "\", bytes ", owners.size(), " to ", owners.size() + tensor.bytes.size() - 1));
  }
  ASSERT_EQ(owners.size(), bytes_.size());
  for (size_t i = 0; i < bytes_.size(); i += 1 + i / 97) {
    std::string damaged = bytes_;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
    const Lines findings = Audit(damaged);
    ASSERT_EQ(findings.size(), 1U) << i;
    ASSERT_TRUE(absl::StartsWith(findings[0], "merged.bin: " + owners[i] + ": ")) << findings[0];
    ASSERT_TRUE(absl::EndsWith(findings[0], "not what they were")) << findings[0];
  }
}

TEST_F(AuditTest, FindsWhatIsCutOffAndWhatIsAppended) {
  const std::string more = bytes_ + "x";
  EXPECT_EQ(Audit(more), (Lines{absl::StrCat("merged.bin: has ", more.size(), " bytes and should have ", bytes_.size())}));
  const Lines cut = Audit(bytes_.substr(0, bytes_.size() - 1));
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_TRUE(absl::StartsWith(cut[1], "merged.bin: tensor \"scale\", ")) << cut[1];
  EXPECT_TRUE(absl::EndsWith(cut[1], ": its elements are cut off")) << cut[1];
  EXPECT_EQ(Audit("").size(), good_.size() + 2);
  EXPECT_EQ(*AuditFiles(manifest_, {nullptr}, {}), Lines{"merged.bin: is missing"});
}

TEST_F(AuditTest, AnswersAreTheSameForAnyThreads) {
  std::string damaged = bytes_;
  for (size_t i = 0; i < damaged.size(); i += 5000) damaged[i] ^= 1;
  EXPECT_EQ(Audit(damaged, 7), Audit(damaged));
  int64_t reported = 0;
  const ByteSourcePtr file = MakeMemorySource("later", bytes_);
  EXPECT_TRUE(AuditFiles(manifest_, {file}, {.threads = 3, .on_progress = [&](int64_t bytes) { reported += bytes; }}).ok());
  EXPECT_EQ(reported, AuditBytes(manifest_, {file}));
}

TEST_F(AuditTest, NoticesAManifestThatContradictsItself) {
  Manifest forged = manifest_;
  forged.mutable_output()->mutable_tensors(0)->set_content_xxh3(std::string(16, 'x'));
  const Lines findings = *AuditFiles(forged, {MakeMemorySource("later", bytes_)}, {});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_TRUE(absl::EndsWith(findings[1], "the manifest contradicts itself")) << findings[1];

  // What it says of elements that are as they were.
  forged = manifest_;
  forged.mutable_output()->mutable_tensors(0)->set_content_sha256(std::string(32, 'x'));
  forged.mutable_output()->mutable_tensors(1)->mutable_values()->set_zero(7);
  EXPECT_EQ(*AuditFiles(forged, {MakeMemorySource("later", bytes_)}, {}),
            (Lines{"merged.bin: tensor \"norm\": its elements have another SHA-256",
                   "merged.bin: tensor \"square.weight\": of its values zero is 7 in the manifest and 0 in the file"}));

  forged = manifest_;
  forged.mutable_output()->mutable_files(0)->set_sha256(std::string(32, 'x'));
  const Lines collision = *AuditFiles(forged, {MakeMemorySource("later", bytes_)}, {});
  ASSERT_EQ(collision.size(), 1U);
  EXPECT_TRUE(absl::EndsWith(collision[0], "that is no accident")) << collision[0];
}

TEST_F(AuditTest, SurvivesAManifestFullOfNonsense) {
  Manifest forged = manifest_;
  OutputTensor& tensor = *forged.mutable_output()->mutable_tensors(0);
  tensor.set_offset(INT64_MAX);
  forged.mutable_output()->mutable_tensors(1)->set_offset(-1);
  forged.mutable_output()->mutable_tensors(2)->add_shape(INT64_MAX);
  forged.mutable_output()->mutable_tensors(3)->set_dtype("float17");
  forged.mutable_output()->mutable_tensors(4)->set_file(99);
  ContainerRange& range = *forged.mutable_output()->mutable_files(0)->mutable_container(0);
  range.set_size(INT64_MAX);
  range.set_offset(INT64_MAX);
  EXPECT_TRUE(AuditFiles(forged, {MakeMemorySource("later", bytes_)}, {}).ok());
}

TEST_F(AuditTest, ComparesContentInAnyOrderShardingAndLayout) {
  std::vector<Stored> file = good_;
  std::reverse(file.begin(), file.end());
  Checkpoint first = MakeCheckpoint("one", {file.begin(), file.begin() + 3});
  const Checkpoint second = MakeCheckpoint("two", {file.begin() + 3, file.end()});
  for (const CheckpointTensor& tensor : second.tensors()) {
    if (tensor.name != "square.weight") {
      ASSERT_TRUE(first.Add(tensor).ok());
      continue;
    }
    // The same matrix, stored column by column.
    const ByteSourcePtr columns = MakeMemorySource("columns", ValueOf(**Permute(plan_.outputs[1].expr, {1, 0})));
    ASSERT_TRUE(first.Add({tensor.name, *StoredTensor::Create(tensor.tensor.spec(), columns, 0, {1, 33}), ""}).ok());
  }
  EXPECT_EQ(*AuditContent(manifest_, first, {.threads = 2}), Lines());
}

TEST_F(AuditTest, NamesTensorsWhoseContentIsAnother) {
  std::vector<Stored> file = good_;
  file[0].bytes[3] ^= 1;
  file[1].name = "renamed";
  file[2].spec.dtype = DType::kBfloat16;
  EXPECT_EQ(*AuditContent(manifest_, MakeCheckpoint("other", file), {}),
            (Lines{"tensor \"norm\": its elements are not what they were", "tensor \"renamed\": is not in the manifest",
                   "tensor \"same.weight\": is bfloat16 [33, 33] and was float16 [33, 33]", "tensor \"square.weight\": is missing"}));
}

TEST_F(AuditTest, ANoOfTheManifestAndOtherBytesOfItAreFindings) {
  Manifest forged = manifest_;
  forged.set_verdict(Manifest::VERDICT_DIFFERS);
  ASSERT_EQ(OfManifest(forged).size(), 2U);
  EXPECT_TRUE(absl::StartsWith(OfManifest(forged)[0], "the manifest itself says no: differs: ")) << OfManifest(forged)[0];
  EXPECT_TRUE(absl::StartsWith(OfManifest(forged)[1], "the manifest contradicts itself: the verdict is ")) << OfManifest(forged)[1];
  // A field that is written twice counts once for one reader and is merged by another.
  const std::string bytes = SerializeManifest(manifest_);
  const Lines twice = *AuditManifest(*ParseManifest(bytes + bytes.substr(0, 2 + bytes[1])), bytes + bytes.substr(0, 2 + bytes[1]), {});
  ASSERT_EQ(twice.size(), 1U);
  EXPECT_TRUE(absl::StrContains(twice[0], "another reader may read something else")) << twice[0];
}

TEST_F(AuditTest, AManifestWithoutTensorsIsNoQuestion) {
  manifest_.mutable_output()->clear_tensors();
  EXPECT_EQ(AuditManifest(manifest_, SerializeManifest(manifest_), {}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(AuditTest, TheToleranceIsTheAuditors) {
  std::vector<Stored> tensors = good_;
  tensors[0].bytes[0] ^= 1;
  tensors[1].bytes[0] ^= 1;
  plan_.outputs[1].tolerance = "abs:4";
  const Manifest within = *Judge(plan_, MakeCheckpoint("/out/merged.bin", tensors), {.tolerance = "abs:3"});
  ASSERT_EQ(within.verdict(), Manifest::VERDICT_WITHIN_TOLERANCE);
  EXPECT_EQ(OfManifest(within), Lines{"tensor \"norm\" and 1 more: within the tolerance abs:3, and asked for is exact"});
  EXPECT_EQ(OfManifest(within, {.tolerance = "abs:3"}),
            Lines{"tensor \"square.weight\": within the tolerance abs:4, and asked for is abs:3"});
  EXPECT_EQ(OfManifest(within, {.tolerance = "abs:3.0", .recipe_tolerances = {"ulp:1", "abs:4"}}), Lines());
  // One that no rule of the auditor's recipe has is the manifest's word.
  EXPECT_EQ(OfManifest(within, {.tolerance = "abs:3", .recipe_tolerances = {"ulp:1"}}),
            Lines{"tensor \"square.weight\": within the tolerance abs:4, and asked for is abs:3"});

  // The same of a new judgement: what a rule of a recipe in the manifest allows does not count.
  const Checkpoint merged = MakeCheckpoint("/out/merged.bin", tensors);
  const Manifest again = *Judge(plan_, merged, {.tolerance = "abs:3", .plan_tolerances = false});
  EXPECT_EQ(again.verdict(), Manifest::VERDICT_WITHIN_TOLERANCE);
  EXPECT_EQ(Judge(plan_, merged, {.plan_tolerances = false})->verdict(), Manifest::VERDICT_DIFFERS);
}

TEST_F(AuditTest, JudgementsAreComparedButForWhatEachHasForItself) {
  EXPECT_EQ(CompareJudgements(manifest_, manifest_, {}), Lines());
  Manifest later = manifest_;
  later.mutable_sources(0)->mutable_files(0)->mutable_origin()->set_uri("hf://a/b/c");
  File& config = *later.mutable_output()->add_files();
  config.set_name("config.json");
  config.set_role(File::ROLE_CONFIG);
  EXPECT_EQ(CompareJudgements(manifest_, later, {}), Lines());
  EXPECT_EQ(CompareJudgements(later, manifest_, {}),
            Lines{"the manifest is not what these sources give: output.files is 2 entries in the manifest and 1 entry as judged now"});
  later = manifest_;
  later.set_tolerance("torch");
  EXPECT_EQ(CompareJudgements(manifest_, later, {.tolerance = "torch"}), Lines());
  EXPECT_EQ(CompareJudgements(later, manifest_, {.tolerance = "exact"}),
            Lines{"the manifest is not what these sources give: tolerance is \"torch\" in the manifest and \"exact\" as judged now"});
}

TEST_F(AuditTest, OfContentOnlyTheContainerIsSetAside) {
  Manifest later = manifest_;
  later.mutable_output()->set_format("other");
  later.mutable_output()->mutable_files(0)->set_sha256("other");
  later.mutable_output()->add_remarks("a remark");
  later.mutable_output()->mutable_tensors(0)->clear_offset();
  later.mutable_output()->mutable_tensors()->SwapElements(0, 3);
  EXPECT_EQ(CompareJudgements(manifest_, later, {.content_only = true}), Lines());
  later.mutable_output()->mutable_tensors(0)->mutable_content_sha256()->back() ^= 1;
  EXPECT_EQ(CompareJudgements(manifest_, later, {.content_only = true}).size(), 1U);
}

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Another value of the field, or at `index` of a repeated one, that is no message.
void ChangeValue(Message& message, const FieldDescriptor& field, int index) {
  const Reflection& r = *message.GetReflection();
  const auto change = [&](auto get, auto set, auto get_at, auto set_at, auto another) {
    if (index < 0) {
      (r.*set)(&message, &field, another((r.*get)(message, &field)));
    } else {
      (r.*set_at)(&message, &field, index, another((r.*get_at)(message, &field, index)));
    }
  };
  const auto next = [](auto number) { return number + 1; };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return change(&Reflection::GetInt32, &Reflection::SetInt32, &Reflection::GetRepeatedInt32, &Reflection::SetRepeatedInt32, next);
    case FieldDescriptor::CPPTYPE_INT64:
      return change(&Reflection::GetInt64, &Reflection::SetInt64, &Reflection::GetRepeatedInt64, &Reflection::SetRepeatedInt64, next);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return change(&Reflection::GetDouble, &Reflection::SetDouble, &Reflection::GetRepeatedDouble, &Reflection::SetRepeatedDouble,
                    [](double number) { return std::nextafter(number, 1e300); });
    case FieldDescriptor::CPPTYPE_ENUM:
      return change(&Reflection::GetEnumValue, &Reflection::SetEnumValue, &Reflection::GetRepeatedEnumValue,
                    &Reflection::SetRepeatedEnumValue, next);
    default:
      break;
  }
  ASSERT_EQ(field.cpp_type(), FieldDescriptor::CPPTYPE_STRING) << field.full_name();
  std::string text = index < 0 ? r.GetString(message, &field) : r.GetRepeatedString(message, &field, index);
  if (text.empty() || field.type() == FieldDescriptor::TYPE_STRING) {
    text += "x";
  } else {
    text.back() = static_cast<char>(text.back() ^ 1);
  }
  index < 0 ? r.SetString(&message, &field, text) : r.SetRepeatedString(&message, &field, index, text);
}

// Calls `visit` with the path, without indexes, of every field that a message can have, after each of its values was changed, given to a
// field that had none, or taken away, an entry doubled or a message cleared: one change at a time, undone before the next.
void ForEachChange(Message& message, const std::string& path, const std::function<void(const std::string&)>& visit) {
  const Reflection& r = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    const std::string place = path + field.name();
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const std::unique_ptr<Message> before(message.New());
    before->CopyFrom(message);
    const auto visit_and_undo = [&] {
      visit(place);
      message.CopyFrom(*before);
    };
    const int count = field.is_repeated() ? r.FieldSize(message, &field) : 0;
    for (int k = 0; k < count; ++k) {
      if (is_message) {
        ForEachChange(*r.MutableRepeatedMessage(&message, &field, k), place + ".", visit);
      } else {
        ChangeValue(message, field, k);
        visit_and_undo();
      }
    }
    if (count > 0) {
      r.RemoveLast(&message, &field);
      visit_and_undo();
    }
    if (field.is_repeated() && is_message) {
      const Message* entry = count > 0 ? &r.GetRepeatedMessage(*before, &field, 0) : nullptr;
      Message* added = r.AddMessage(&message, &field);
      if (entry != nullptr) added->CopyFrom(*entry);
      visit_and_undo();
    } else if (field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      r.AddInt64(&message, &field, 1);
      visit_and_undo();
    } else if (field.is_repeated()) {
      r.AddString(&message, &field, "more");
      visit_and_undo();
    } else if (is_message && r.HasField(message, &field)) {
      ForEachChange(*r.MutableMessage(&message, &field), place + ".", visit);
      r.ClearField(&message, &field);
      visit_and_undo();
    } else if (is_message) {
      r.MutableMessage(&message, &field);
      visit_and_undo();
    } else {
      ChangeValue(message, field, -1);
      visit_and_undo();
      if (r.HasField(message, &field)) {
        r.ClearField(&message, &field);
        visit_and_undo();
      }
    }
  }
}

// What a whole audit says about changes of single fields.
class ChangedManifestTest : public AuditTest {
 protected:
  ChangedManifestTest() {
    manifest_.mutable_sources(0)->mutable_files(0)->mutable_origin()->set_uri("hf://a/b/c");
    good_manifest_ = manifest_;
  }
  Manifest good_manifest_;
};

TEST_F(ChangedManifestTest, WithSourcesNoChangePassesButThatOfAnOrigin) {
  int changes = 0;
  ForEachChange(manifest_, "", [&](const std::string& path) {
    ++changes;
    const bool is_origin = absl::StrContains(path, "files.origin");
    EXPECT_EQ(CompareJudgements(manifest_, good_manifest_, {}).empty(), is_origin) << path;
  });
  EXPECT_EQ(manifest_.SerializeAsString(), good_manifest_.SerializeAsString());
  EXPECT_GT(changes, 400);
}

// The list of docs/manifest.md, Audit.
TEST_F(ChangedManifestTest, WithoutSourcesTheseFieldsAreBelieved) {
  std::set<std::string> believed;
  std::set<std::string> seen;
  ForEachChange(manifest_, "", [&](const std::string& path) {
    if (manifest_.output().tensors().empty()) return;
    seen.insert(path);
    Manifest forged = manifest_;
    // A forger makes the digests anew that stand in the manifest over what he changed.
    if (path == "recipe.textproto") forged.mutable_recipe()->set_sha256(*Sha256Of(forged.recipe().textproto()));
    if (path != "output.content_root") forged.mutable_output()->set_content_root(*ContentRoot(forged.output()));
    if (!ParseManifest(SerializeManifest(forged)).ok() || !OfManifest(forged).empty()) return;
    if (AuditFiles(forged, {MakeMemorySource("later", bytes_)}, {})->empty() && AuditTable(forged, merged_, {})->empty())
      believed.insert(path);
  });
  EXPECT_EQ(
      absl::StrJoin(believed, " "),
      "dropped.content_xxh3 dropped.name dropped.reason dropped.shape "
      "output.files.name output.files.origin output.remarks "
      "output.tensors.expression output.tensors.losses output.tensors.losses.changed output.tensors.losses.flushed_to_zero "
      "output.tensors.losses.saturated "
      "sources.files sources.files.name sources.files.origin sources.files.origin.revision sources.files.origin.uri sources.files.role "
      "sources.files.sha256 sources.files.size sources.format");
  EXPECT_GT(seen.size(), 80U);
}

}  // namespace
}  // namespace weighbridge
