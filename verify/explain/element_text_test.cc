#include "verify/explain/element_text.h"

#include <string>

#include "formats/tensor_spec.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

struct Case {
  DType dtype;
  std::string bytes;
  std::string text;
};

TEST(ElementText, ShowsTheShortestValueAndTheBits) {
  const Case cases[] = {
      {DType::kFloat16, std::string("\x66\x2e", 2), "0.1 (0x2e66)"},
      {DType::kFloat16, std::string("\xff\x7b", 2), "65500 (0x7bff)"},
      {DType::kFloat16, std::string("\x01\x00", 2), "6e-08 (0x0001)"},
      {DType::kFloat16, std::string("\x00\x80", 2), "-0 (0x8000)"},
      {DType::kFloat16, std::string("\x00\xfc", 2), "-inf (0xfc00)"},
      {DType::kFloat16, std::string("\x01\x7e", 2), "nan (0x7e01)"},
      {DType::kBfloat16, std::string("\xcd\x3d", 2), "0.1 (0x3dcd)"},
      {DType::kFloat32, std::string("\xcd\xcc\xcc\x3d", 4), "0.1 (0x3dcccccd)"},
      {DType::kFloat64, std::string("\x9a\x99\x99\x99\x99\x99\xb9\x3f", 8), "0.1 (0x3fb999999999999a)"},
      {DType::kFloat8E4M3Fn, "\x7e", "450 (0x7e)"},
      {DType::kFloat8E4M3Fn, "\xff", "nan (0xff)"},
      {DType::kFloat8E4M3FnUz, "\x80", "nan (0x80)"},
      {DType::kFloat8E5M2, "\x3c", "1 (0x3c)"},
      {DType::kFloat8E5M2FnUz, "\x40", "1 (0x40)"},
      {DType::kFloat8E8M0Fnu, "\x80", "2 (0x80)"},
      {DType::kBool, "\x01", "true (0x01)"},
      {DType::kUint8, "\xff", "255 (0xff)"},
      {DType::kInt8, "\xff", "-1 (0xff)"},
      {DType::kInt64, std::string("\xfe\xff\xff\xff\xff\xff\xff\xff", 8), "-2 (0xfffffffffffffffe)"},
      {DType::kComplex64, std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8), "1-2j (0x3f800000, 0xc0000000)"},
  };
  for (const Case& c : cases) EXPECT_EQ(ElementToText(c.dtype, c.bytes), c.text) << DTypeName(c.dtype);
}

}  // namespace
}  // namespace weighbridge
