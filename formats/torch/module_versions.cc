#include "formats/torch/module_versions.h"

#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "formats/checkpoint.h"
#include "formats/pickle/value.h"

namespace weighbridge {
namespace {

std::optional<int64_t> VersionOf(const pickle::Value& entry) {
  const auto* dict = entry.As<pickle::Dict>();
  const pickle::Value* version = dict == nullptr ? nullptr : dict->Find("version");
  const auto* number = version == nullptr ? nullptr : version->As<int64_t>();
  return number == nullptr ? std::nullopt : std::optional(*number);
}

}  // namespace

std::optional<ModuleVersions> FindModuleVersions(const pickle::Value& root) {
  const auto* state = root.As<pickle::Dict>();
  if (state == nullptr || state->metadata == nullptr) return std::nullopt;
  const auto* metadata = state->metadata->As<pickle::Dict>();
  if (metadata == nullptr) return std::nullopt;
  ModuleVersions versions;
  // Many modules may share one large entry: it is searched once.
  absl::flat_hash_map<const pickle::Value*, std::optional<int64_t>> known;
  for (const auto& [key, entry] : metadata->items) {
    const auto [found, is_new] = known.try_emplace(entry);
    if (is_new) found->second = VersionOf(*entry);
    const auto* module = key->As<pickle::Text>();
    if (module != nullptr && found->second.has_value()) versions.push_back({.module = module->utf8, .version = *found->second});
  }
  return versions;
}

}  // namespace weighbridge
