#ifndef WEIGHBRIDGE_FUZZ_PART_TARGETS_H_
#define WEIGHBRIDGE_FUZZ_PART_TARGETS_H_

#include <string>

#include "absl/status/statusor.h"

namespace weighbridge {

// FuzzTarget::read of what stands in or beside a checkpoint.

// A pickle on the machine, with the persistent ids of each container, and what it names.
absl::StatusOr<std::string> FuzzPickle(const std::string& bytes);

// The names of LoDTensors, from a program of either kind and from a parameter's info.
absl::StatusOr<std::string> FuzzVariableNames(const std::string& bytes);

absl::StatusOr<std::string> FuzzShardIndex(const std::string& bytes);

// A config.json, as facts and as members.
absl::StatusOr<std::string> FuzzConfig(const std::string& bytes);

// One file of a tokenizer whose other files are right.
absl::StatusOr<std::string> FuzzTokenizerModel(const std::string& bytes);
absl::StatusOr<std::string> FuzzAddedTokens(const std::string& bytes);
absl::StatusOr<std::string> FuzzSpecialTokens(const std::string& bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FUZZ_PART_TARGETS_H_
