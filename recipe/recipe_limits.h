#ifndef WEIGHBRIDGE_RECIPE_RECIPE_LIMITS_H_
#define WEIGHBRIDGE_RECIPE_RECIPE_LIMITS_H_

#include <cstdint>

namespace weighbridge {

// Bounds on what a recipe may make the compiler do: its counts come from anywhere, also from a config.json or a manifest. A recipe beyond
// one is refused with ResourceExhausted, naming the limit and the rule. The defaults are far above every real conversion.
struct RecipeLimits {
  // Outputs of a plan, and repetitions of one rule.
  int64_t outputs = 1'000'000;
  // Modules of a result.
  int64_t modules = 1'000'000;
  // Bytes of one name: a source's, an output's, a tensor's in its container, a module's.
  int64_t name_bytes = int64_t{64} << 10;
  // Terms, and texts that may hold some.
  int64_t terms = 1'000'000;
  // Bytes that the values of parameters have at all the places where they stand in a recipe's texts.
  int64_t parameter_bytes = int64_t{16} << 20;
  // Bytes of all names that are made, together.
  int64_t names_bytes = int64_t{256} << 20;
  // Bytes of a pattern, or of a text that is replaced.
  int64_t pattern_bytes = int64_t{4} << 10;
  // Operations of all expressions together; one that is used twice counts twice.
  int64_t operations = 4'000'000;
  // Bytes of all outputs together; sums of sizes and offsets never leave int64 then.
  int64_t output_bytes = int64_t{1} << 60;
  // Steps of the compiler; one is about a character that is compared or copied.
  int64_t work = 2'000'000'000;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_RECIPE_LIMITS_H_
