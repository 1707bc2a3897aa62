// Writes an import object for a module, from the module's own descriptors, as JavaScript:
//
//   importSource(shape)
//     == "({\"env\": {\"memory\": new WebAssembly.Memory({initial: 3}), \"f\": () => 0n}})"
//
// Functions do nothing and return zeroes of their result types; globals are zero; memories and
// tables are as large as the module asks, tables also as large as its dynamic linking asks. Text
// rather than objects, so that a report can show it and anyone can run it in the shell.
#pragma once

#include <stdexcept>
#include <string>

#include "fuzz/real_modules/wasm_shape.h"

namespace sigproof::modules {

/// JavaScript can't make a value of the type that the module imports. what() is one sentence.
class CanNotImport : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An expression that makes a new import object each time. Where the module imports a name twice,
/// the last one counts. Throws CanNotImport.
std::string importSource(const WasmShape& shape);

/// An expression for memory 0, given `imports` and `instance`: an import or an export. Empty where
/// it can't be reached from outside.
std::string memorySource(const WasmShape& shape);

}  // namespace sigproof::modules
