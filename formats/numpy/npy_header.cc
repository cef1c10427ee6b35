#include "formats/numpy/npy_header.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/numpy/numpy_dtype.h"
#include "formats/pickle/text.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kMagic("\x93NUMPY", 6);
using pickle::Quote;

constexpr size_t kMaxRank = 64;

// The Python literals that occur in a header, one after the other; white space between them is passed.
class Literals {
 public:
  explicit Literals(absl::string_view text) : text_(text) {}

  absl::string_view rest() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size()));
    return text_;
  }

  bool Take(absl::string_view token) {
    if (rest().substr(0, token.size()) != token) return false;
    text_.remove_prefix(token.size());
    return true;
  }

  absl::Status Expect(absl::string_view token) {
    if (Take(token)) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("the header has ", Quote(text_), " where ", Quote(token), " belongs"));
  }

  // In either kind of quotes; without escapes, which no header needs.
  absl::StatusOr<std::string> Text() {
    const char quote = rest().empty() ? '\0' : text_[0];
    const size_t end = text_.find(quote, 1);
    if ((quote != '\'' && quote != '"') || end == absl::string_view::npos) {
      return absl::DataLossError(absl::StrCat("the header has ", Quote(text_), " where a text belongs"));
    }
    std::string text(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    if (text.find('\\') == std::string::npos) return text;
    return absl::DataLossError(absl::StrCat("the header has the text ", Quote(text), ", with an escape"));
  }

  absl::StatusOr<bool> Truth() {
    if (Take("True")) return true;
    if (Take("False")) return false;
    return absl::DataLossError(absl::StrCat("the header has ", Quote(text_), " where True or False belongs"));
  }

  // A size; Python 2 ends long ones with "L".
  absl::StatusOr<int64_t> Size() {
    const absl::string_view digits = rest().substr(0, text_.find_first_not_of("0123456789"));
    int64_t size = 0;
    // Python has no number that begins with a zero, but zero.
    if (digits.empty() || (digits.size() > 1 && digits[0] == '0') || !absl::SimpleAtoi(digits, &size)) {
      return absl::DataLossError(absl::StrCat("the header has ", Quote(text_), " where a size belongs"));
    }
    text_.remove_prefix(digits.size());
    Take("L");
    return size;
  }

 private:
  absl::string_view text_;
};

// (), (3,), (2, 3) and so on.
absl::StatusOr<Shape> ReadShape(Literals& literals) {
  RETURN_IF_ERROR(literals.Expect("("));
  Shape shape;
  bool comma = true;
  while (!literals.Take(")")) {
    if (!comma) return literals.Expect(",");
    ASSIGN_OR_RETURN(int64_t size, literals.Size());
    shape.push_back(size);
    if (shape.size() > kMaxRank) return absl::DataLossError(absl::StrCat("the shape has more than ", kMaxRank, " axes"));
    comma = literals.Take(",");
  }
  if (shape.size() == 1 && !comma) return absl::DataLossError("the shape is a number in parentheses, no tuple");
  return shape;
}

// A byte order and an element type.
absl::Status ReadDescr(Literals& literals, NpyHeader& header) {
  if (literals.rest().substr(0, 1) == "[" || literals.rest().substr(0, 1) == "(") {
    return absl::UnimplementedError(absl::StrCat("a structured dtype is not supported: ", Quote(literals.rest())));
  }
  ASSIGN_OR_RETURN(const std::string descr, literals.Text());
  absl::string_view text = descr;
  const char order = text.find_first_of("<>|=") == 0 ? text[0] : '=';
  if (text.find_first_of("<>|=") == 0) text.remove_prefix(1);
  const std::optional<DType> dtype = pickle::ParseNumpyDType(text);
  // What numpy has no type for is written as so many bytes of no kind. ml_dtypes has one type of two bytes, several of one; which library
  // wrote them the file does not say.
  if (text == "V2" || text == "V1") {
    return absl::UnimplementedError(absl::StrCat("numpy dtype ", Quote(descr), " is ", text.substr(1), " bytes of no kind, most likely ",
                                                 text == "V2" ? "bfloat16" : "a float8 type", " of ml_dtypes; save it as safetensors"));
  }
  if (!dtype.has_value()) {
    // Times have their unit behind: M8[ns].
    const bool known = pickle::IsOtherNumpyDType(text.substr(0, text.find('[')));
    const std::string message = absl::StrCat("numpy dtype ", Quote(descr), known ? " is not supported" : " does not exist");
    return known ? absl::UnimplementedError(message) : absl::DataLossError(message);
  }
  if (order == '|' && ItemSize(*dtype) > 1) return absl::DataLossError(absl::StrCat("numpy dtype ", Quote(descr), " has no byte order"));
  header.spec.dtype = *dtype;
  header.big_endian = order == '>' && ItemSize(*dtype) > 1;
  return absl::OkStatus();
}

absl::Status ReadEntry(const std::string& key, Literals& literals, NpyHeader& header) {
  if (key == "descr") return ReadDescr(literals, header);
  if (key == "fortran_order") {
    absl::StatusOr<bool> fortran_order = literals.Truth();
    if (fortran_order.ok()) header.fortran_order = *fortran_order;
    return fortran_order.status();
  }
  ASSIGN_OR_RETURN(header.spec.shape, ReadShape(literals));
  return absl::OkStatus();
}

// A dict of exactly descr, fortran_order and shape.
absl::StatusOr<NpyHeader> ParseHeader(absl::string_view text) {
  constexpr absl::string_view kKeys[] = {"descr", "fortran_order", "shape"};
  bool seen[] = {false, false, false};
  Literals literals(text);
  NpyHeader header;
  RETURN_IF_ERROR(literals.Expect("{"));
  bool comma = true;
  while (!literals.Take("}")) {
    if (!comma) return literals.Expect(",");
    ASSIGN_OR_RETURN(std::string key, literals.Text());
    const auto* known = std::find(std::begin(kKeys), std::end(kKeys), key);
    if (known == std::end(kKeys)) return absl::DataLossError(absl::StrCat("the header has the key ", Quote(key)));
    if (std::exchange(seen[known - kKeys], true)) return absl::DataLossError(absl::StrCat("the header has ", Quote(key), " twice"));
    RETURN_IF_ERROR(literals.Expect(":"));
    RETURN_IF_ERROR(ReadEntry(key, literals, header));
    comma = literals.Take(",");
  }
  for (size_t i = 0; i < std::size(kKeys); ++i) {
    if (!seen[i]) return absl::DataLossError(absl::StrCat("the header has no ", Quote(kKeys[i])));
  }
  if (literals.rest().empty()) return header;
  return absl::DataLossError(absl::StrCat("the header goes on with ", Quote(literals.rest())));
}

// The length of the header's text, which the cursor then stands before.
absl::StatusOr<int64_t> ReadTextSize(ByteCursor& cursor) {
  ASSIGN_OR_RETURN(const std::string magic, cursor.ReadString(kMagic.size()));
  if (magic != kMagic) return absl::DataLossError("it does not begin as an .npy file does");
  ASSIGN_OR_RETURN(const uint8_t major, cursor.ReadU8());
  ASSIGN_OR_RETURN(const uint8_t minor, cursor.ReadU8());
  if (major < 1 || major > 3 || minor != 0) {
    return absl::UnimplementedError(absl::StrCat(".npy version ", major, ".", minor, " is not supported; 1.0, 2.0 and 3.0 are"));
  }
  if (major > 1) return cursor.ReadU32();
  return cursor.ReadU16();
}

}  // namespace

absl::StatusOr<NpyHeader> ReadNpyHeader(const ByteSource& source, int64_t limit) {
  ByteCursor cursor(source);
  ASSIGN_OR_RETURN(const int64_t size, ReadTextSize(cursor));
  if (size > cursor.remaining()) {
    return absl::DataLossError(absl::StrCat("a header of ", size, " bytes is announced, ", cursor.remaining(), " are left"));
  }
  if (size > limit) return absl::ResourceExhaustedError(absl::StrCat("the header has ", size, " bytes; the limit is ", limit));
  ASSIGN_OR_RETURN(const std::string text, cursor.ReadString(size));
  absl::StatusOr<NpyHeader> header = ParseHeader(text);
  if (header.ok()) header->data_offset = cursor.position();
  return header;
}

}  // namespace weighbridge
