#include "verify/compare/tolerance.h"

#include <cmath>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "formats/tensor_spec.h"
#include "verify/reference/number.h"

namespace weighbridge {
namespace {

Tolerance Bounds(double absolute, double relative) {
  return {.kind = Tolerance::Kind::kBounds, .ulp = 0, .absolute = absolute, .relative = relative};
}

// torch/testing/_comparison.py, _DTYPE_PRECISIONS: complex numbers as their parts.
Tolerance TorchDefaults(DType number) {
  switch (number) {
    case DType::kFloat16:
      return Bounds(1e-5, 1e-3);
    case DType::kBfloat16:
      return Bounds(1e-5, 1.6e-2);
    case DType::kFloat32:
      return Bounds(1e-5, 1.3e-6);
    case DType::kFloat64:
      return Bounds(1e-7, 1e-7);
    default:
      return {};
  }
}

// Paddle's op_test.py, check_output.
Tolerance PaddleDefaults(DType number) {
  switch (number) {
    case DType::kFloat16:
      return Bounds(1e-3, 1e-3);
    case DType::kBfloat16:
      return Bounds(1e-2, 1e-2);
    case DType::kFloat32:
    case DType::kFloat64:
      return Bounds(1e-5, 1e-5);
    default:
      return {};
  }
}

}  // namespace

absl::StatusOr<Tolerance> ParseTolerance(absl::string_view text) {
  if (text == "exact") return Tolerance{};
  if (text == "torch") return Tolerance{.kind = Tolerance::Kind::kTorch};
  if (text == "paddle") return Tolerance{.kind = Tolerance::Kind::kPaddle};
  absl::Status wrong =
      absl::InvalidArgumentError(absl::StrCat("the tolerance \"", text, "\" is not exact, torch, paddle, ulp:N or abs:X,rel:Y"));
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "ulp:")) {
    Tolerance tolerance{.kind = Tolerance::Kind::kUlp};
    if (!absl::SimpleAtoi(rest, &tolerance.ulp)) return wrong;
    return tolerance;
  }
  Tolerance tolerance{.kind = Tolerance::Kind::kBounds};
  bool has_absolute = false;
  bool has_relative = false;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    const bool is_absolute = absl::ConsumePrefix(&part, "abs:");
    if (!is_absolute && !absl::ConsumePrefix(&part, "rel:")) return wrong;
    bool& given = is_absolute ? has_absolute : has_relative;
    double& bound = is_absolute ? tolerance.absolute : tolerance.relative;
    if (given || !absl::SimpleAtod(part, &bound) || !std::isfinite(bound) || bound < 0) return wrong;
    given = true;
  }
  return tolerance;
}

Tolerance ToleranceFor(const Tolerance& tolerance, DType dtype) {
  const DType number = NumberDType(dtype);
  if (!IsFloatingPoint(number)) return {};
  if (tolerance.kind == Tolerance::Kind::kTorch) return TorchDefaults(number);
  if (tolerance.kind == Tolerance::Kind::kPaddle) return PaddleDefaults(number);
  return tolerance;
}

bool IsWithin(const Tolerance& tolerance, double actual, double expected, uint64_t ulp) {
  if (tolerance.kind == Tolerance::Kind::kExact) return false;
  if (std::isnan(actual) || std::isnan(expected)) return std::isnan(actual) && std::isnan(expected);
  if (std::isinf(actual) || std::isinf(expected)) return actual == expected;
  if (tolerance.kind == Tolerance::Kind::kUlp) return ulp <= tolerance.ulp;
  return std::fabs(actual - expected) <= tolerance.absolute + tolerance.relative * std::fabs(expected);
}

}  // namespace weighbridge
