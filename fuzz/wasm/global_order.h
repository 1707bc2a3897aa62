// The order of a plan's globals, and of everything that names one by its index.
//
//   plan.globals[3].is_imported = true;
//   bringImportsToFront(plan);              // it has another index now, also where it is exported
#pragma once

#include <cstdint>

#include "fuzz/wasm/module_plan.h"

namespace sigproof::fuzz {

/// In a module, imported globals have the first indices. Keeps the order otherwise.
void bringImportsToFront(ModulePlan& module);

/// Removes the global, and what the start function does to it. Precondition: it is neither exported
/// nor another global's initial value.
void removeGlobal(ModulePlan& module, std::uint32_t index);

}  // namespace sigproof::fuzz
