#ifndef WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_TEST_UTIL_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_TEST_UTIL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// The options of a zip file of torch, of a legacy one, and of Paddle.
MachineOptions TorchZip();
MachineOptions TorchLegacy();
MachineOptions Paddle();

// Runs the pickle that `program` is, all of it.
absl::StatusOr<Document> RunProgram(absl::string_view program, const MachineOptions& options = TorchZip());

// A value as Python would show it, bytes read from `program`: `{"w": [1, (), b"ab"]}`, `tensor(float32, key "0", …)`.
std::string Show(const Value& value, absl::string_view program);

// Show of what the program makes; the status in place of it when it fails.
std::string RunAndShow(absl::string_view program, const MachineOptions& options = TorchZip());

// A field with a bad value: the program must be refused with this code, and the message hold all the words.
struct BadCase {
  std::string name;
  std::string program;
  absl::StatusCode code;
  std::vector<std::string> words;
  MachineOptions options = TorchZip();
};
void ExpectRefused(const std::vector<BadCase>& cases);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_MACHINE_TEST_UTIL_H_
