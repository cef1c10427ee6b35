#include "formats/json/json_writer.h"

#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

std::string Written(absl::string_view text) {
  JsonWriter writer;
  writer.String(text);
  return std::move(writer).Finish();
}

TEST(JsonWriterTest, PutsAReplacementCharacterInPlaceOfEachByteThatIsNotUtf8AndKeepsTheRest) {
  EXPECT_EQ(Written("\xc3\xa9"), "\"\xc3\xa9\"\n");
  EXPECT_EQ(Written("\xc3\xa9\xff\xe6\x9d\x83"), "\"\xc3\xa9\xef\xbf\xbd\xe6\x9d\x83\"\n");
  EXPECT_EQ(Written("\xc3"), "\"\xef\xbf\xbd\"\n");
}

}  // namespace
}  // namespace weighbridge
