#ifndef WEIGHBRIDGE_FORMATS_PICKLE_DIALECT_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_DIALECT_H_

#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/tensor_spec.h"

namespace weighbridge::pickle {

class Arena;
struct TableRow;
struct Value;

// The arguments of a call.
using Arguments = absl::Span<const Value* const>;

// What NEWOBJ makes of a global, which is cls.__new__ without cls.__init__.
enum class NewObject {
  kRefused,   // It is not a class, or not one whose objects begin like that.
  kEmpty,     // An empty container, whatever the arguments are.
  kAsCalled,  // What a call makes.
};

// What a pickle may do with globals of one kind. Kinds are told apart by their addresses.
struct GlobalKind {
  // What a call gives: DataLoss when the arguments are not what `function` takes, PermissionDenied when the table does not foresee this
  // use, Unimplemented when what it makes is not read. Null where a global is only named.
  absl::StatusOr<Value*> (*call)(Arena& arena, const TableRow& function, Arguments arguments) = nullptr;
  NewObject new_object = NewObject::kRefused;
  // Whether it is a value as it stands, such as torch.float32, and not the beginning of one.
  bool is_constant = false;
};

// A global that pickles may name (docs/spec/formats.md 2.6).
struct TableRow {
  absl::string_view module;  // As Python 3 and today's libraries spell it, whatever the file says.
  absl::string_view name;
  const GlobalKind* kind;
  std::optional<DType> dtype = std::nullopt;  // For kinds that have element types.
  absl::string_view note = "";                // For kinds that say something about it.
};

// The names that one library brings to pickles. A container composes the dialects that its loader may meet; what none of them names is
// forbidden. Immutable; dialects and their rows live for ever.
class Dialect {
 public:
  // Another release's name for a row.
  struct Alias {
    absl::string_view module;
    absl::string_view name;  // Empty: every name of the module.
    absl::string_view today_module;
    absl::string_view today_name;
  };

  // Gives `object`, which a call of this dialect left unfinished, the state that BUILD brings. Fails as calls do.
  using Build = absl::Status (*)(Value& object, const Value& state);

  Dialect(absl::Span<const TableRow> rows, absl::Span<const Alias> aliases, Build build = nullptr);

  // The row of exactly that module and name, or nullptr.
  const TableRow* Find(absl::string_view module, absl::string_view name) const;

  // Null where no call leaves anything unfinished. Of dialects that are composed at most one has it.
  Build build() const { return build_; }

 private:
  absl::flat_hash_map<std::pair<absl::string_view, absl::string_view>, const TableRow*> rows_;
  absl::Span<const Alias> aliases_;
  Build build_;
};

using Dialects = absl::Span<const Dialect* const>;

// The row of the first of `dialects` that has one, or nullptr: the global is forbidden.
const TableRow* FindGlobal(Dialects dialects, absl::string_view module, absl::string_view name);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_DIALECT_H_
