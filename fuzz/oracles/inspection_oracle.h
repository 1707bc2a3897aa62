// Judges what inspectModule() found in a module that the engine accepted, by the engine's own lists
// of the module's imports and exports (R1, R5).
//
//   if (const auto violation = judgeInspection(found, declarations, protocol)) ...
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/module/module_inspector.h"
#include "fuzz/spec/protocol_constants.h"
#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

/// An import or export, as `WebAssembly.Module.imports()` and `exports()` list it.
struct Declaration {
  std::string name;
  std::string kind;        ///< "function", "table", "memory", "global", "tag"
  std::string value_type;  ///< of a global, such as "i32"
};

struct Declarations {
  std::vector<Declaration> imports;
  std::vector<Declaration> exports;
};

/// The engine takes one memory, with 32-bit addresses: whatever memory is declared is memory 0.
std::optional<Violation> judgeInspection(const ModuleInspection& found,
                                         const Declarations& declared,
                                         specified::Protocol protocol);

}  // namespace sigproof::fuzz
