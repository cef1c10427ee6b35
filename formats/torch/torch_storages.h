#ifndef WEIGHBRIDGE_FORMATS_TORCH_TORCH_STORAGES_H_
#define WEIGHBRIDGE_FORMATS_TORCH_TORCH_STORAGES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// The types of storages, which are only named: of plain elements (their dtype, or nothing for untyped ones) and of quantized ones.
inline constexpr GlobalKind kStorageType = {};
inline constexpr GlobalKind kQuantizedType = {};

// What a persistent id of a zip file means (docs/spec/formats.md 3.4) and of a legacy one (4.3): a storage, or for quantized elements an
// unsupported tensor. `position` is where it stands. DataLoss: it is not of their form. PermissionDenied: a whole module, naming its class.
// Unimplemented: a storage on "meta", of which torch reads no data; an untyped storage in a legacy file (4.6).
absl::StatusOr<Value*> LoadZipStorage(Arena& arena, const Value& id, int64_t position);
absl::StatusOr<Value*> LoadLegacyStorage(Arena& arena, const Value& id, int64_t position);

// What a persistent id of the tar form refers to (docs/spec/formats.md 5.4). DataLoss: it is not a text. PermissionDenied: a module, naming
// its class.
absl::StatusOr<Value*> LoadReference(Arena& arena, const Value& id, int64_t position);

// Whether that is the device whose tensors have no data, whatever the file holds.
bool IsMeta(absl::string_view device);

// A tensor that is recognised and not read (Tensor::unsupported).
Value* UnsupportedTensor(Arena& arena, std::string kind);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_TORCH_TORCH_STORAGES_H_
