#ifndef WEIGHBRIDGE_VERIFY_REFERENCE_NUMBER_H_
#define WEIGHBRIDGE_VERIFY_REFERENCE_NUMBER_H_

#include <cstdint>

#include "formats/tensor_spec.h"

namespace weighbridge {

// Elements as numbers. A number is an element, or one of the two parts of a complex one; false and true are 0 and 1.

// 1, or 2 for complex dtypes.
int64_t NumbersPerElement(DType dtype);

// The dtype of one number: that of the parts for complex ones, else the dtype itself.
DType NumberDType(DType dtype);

// Writes the values of `count` little-endian numbers of `dtype`, which is not complex, to `values`: exact, but for 64-bit integers beyond
// 2^53, which are rounded.
void DecodeNumbers(DType dtype, const char* numbers, int64_t count, double* values);

// The least positive normal value of a floating-point dtype; numbers nearer to zero are subnormal. 0 for dtypes without subnormal numbers.
double LeastNormal(DType dtype);

// How many representable values two numbers of `dtype`, which is not complex, lie apart; 0 for zeros of both signs. The greatest finite
// value and infinity are neighbours. Meaningless for NaN.
uint64_t UlpDistance(DType dtype, const char* left, const char* right);

// The value of a floating-point number of 8 or 16 bits.
double DecodeSmallFloat(DType dtype, uint32_t bits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_REFERENCE_NUMBER_H_
