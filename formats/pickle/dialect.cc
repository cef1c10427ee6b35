#include "formats/pickle/dialect.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weighbridge::pickle {

Dialect::Dialect(absl::Span<const TableRow> rows, absl::Span<const Alias> aliases, Build build) : aliases_(aliases), build_(build) {
  for (const TableRow& row : rows) rows_.emplace(std::pair(row.module, row.name), &row);
}

const TableRow* Dialect::Find(absl::string_view module, absl::string_view name) const {
  std::pair key(module, name);
  for (const Alias& alias : aliases_) {
    if (alias.module != module || (!alias.name.empty() && alias.name != name)) continue;
    key = {alias.today_module, alias.name.empty() ? name : alias.today_name};
    break;
  }
  const auto row = rows_.find(key);
  return row == rows_.end() ? nullptr : row->second;
}

const TableRow* FindGlobal(Dialects dialects, absl::string_view module, absl::string_view name) {
  for (const Dialect* dialect : dialects) {
    if (const TableRow* row = dialect->Find(module, name)) return row;
  }
  return nullptr;
}

}  // namespace weighbridge::pickle
