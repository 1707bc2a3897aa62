// A second memory for a module that was written: Binaryen 108 makes modules of one. V8 10.2 refuses
// the result, newer engines take it.
//
//   const std::vector<std::uint8_t> bytes = withSecondMemory(fuzz::writeModule(plan), fills);
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fuzz/wasm/module_plan.h"

namespace sigproof::peer {

/// The name under which the second memory is exported.
inline constexpr const char* kSecondMemoryExport = "n";

/// The module with one more memory, of index 1 and of one page, exported behind all other exports,
/// with `fills` as its data. Precondition: it has a memory of its own and exports something.
/// Throws std::invalid_argument where the bytes are no module.
std::vector<std::uint8_t> withSecondMemory(std::span<const std::uint8_t> module,
                                           const std::vector<fuzz::DataPlan>& fills);

/// The same for its text, as Binaryen prints it.
std::string textWithSecondMemory(const std::string& module,
                                 const std::vector<fuzz::DataPlan>& fills);

}  // namespace sigproof::peer
