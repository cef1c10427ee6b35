// What a message says of the place: formats/pickle/place.h.

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "formats/pickle/machine_test_util.h"
#include "formats/pickle/pickle_assembler.h"
#include "gtest/gtest.h"

namespace weighbridge::pickle {
namespace {

using Code = absl::StatusCode;

TEST(PlaceTest, MessagesNameTheKeyThatIsBeingFilledOrNone) {
  const std::string bad = "h\7";
  ExpectRefused({
      {"one level", absl::StrCat("}(", Unicode("a"), "N", Unicode("w"), bad, "u."), Code::kDataLoss, {"offset 15: BINGET in \"w\": "}},
      {"two levels", absl::StrCat("}(", Unicode("model"), "}(", Unicode("w"), bad, "uu."), Code::kDataLoss, {" in \"model.w\": "}},
      {"one item", absl::StrCat("}", Unicode("model"), "}", Unicode("w"), bad, "ss."), Code::kDataLoss, {" in \"model.w\": "}},
      {"a call's arguments",
       absl::StrCat("}(", Unicode("w"), CallOf(GlobalOf("torch", "Size"), bad), "u."),
       Code::kDataLoss,
       {" in \"w\": "}},
      {"control characters", absl::StrCat("}(", Unicode("w\n"), bad, "u."), Code::kDataLoss, {" in \"w\\n\": "}},
      {"outside dicts", absl::StrCat("](", Unicode("w"), bad, "e."), Code::kDataLoss, {"BINGET: "}},
      {"behind a dtype and a device",
       absl::StrCat("}(", Unicode("dtype"), GlobalOf("torch", "float32"), Unicode("device"),
                    CallOf(GlobalOf("torch", "device"), Unicode("cpu")), Unicode("options"), bad, "u."),
       Code::kDataLoss,
       {" in \"options\": "}},
      {"a call of one argument",
       absl::StrCat("}(", Unicode("w"), GlobalOf("collections", "Counter"), "N\x85R", "u."),
       Code::kUnimplemented,
       {" in \"w\": "}},
      {"in the only item of a dict in a list of one",
       absl::StrCat("}(", Unicode("a"), "N", Unicode("list"), "]}", Unicode("w"), bad, "sau."),
       Code::kDataLoss,
       {" in \"list.0.w\": "}},
      {"in a list of many",
       absl::StrCat("}", Unicode("list"), "](NN}(", Unicode("w"), bad, "ues."),
       Code::kDataLoss,
       {" in \"list.2.w\": "}},
      {"in a tuple", absl::StrCat("}", Unicode("t"), "(NN}(", Unicode("w"), bad, "uts."), Code::kDataLoss, {"BINGET: "}},
      {"behind an empty dict, or in it", absl::StrCat("}(", Unicode("a"), "}", Unicode("w"), bad, "su."), Code::kDataLoss, {"BINGET: "}},
      {"behind what may be a class or a call",
       absl::StrCat("}(", Unicode("class"), GlobalOf("collections", "OrderedDict"), Unicode("w"), bad, "u."),
       Code::kDataLoss,
       {"BINGET: "}},
  });
}

}  // namespace
}  // namespace weighbridge::pickle
