// Gives a module a second memory: Binaryen 108 writes modules of at most one. V8 10.2 refuses the
// result, newer engines take it.
//
//   const std::vector<std::uint8_t> bytes = withSecondMemory(writeModule(plan));
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fuzz/wasm/module_plan.h"

namespace sigproof::fuzz {

/// A memory of one page.
struct SecondMemory {
  std::optional<std::uint32_t> maximum_pages = {};
  /// Behind all other exports; not exported where empty.
  std::string export_name = {};
  /// Its data, of which the segments that don't lie within its page are left out.
  std::vector<DataPlan> fills = {};
};

/// The module with `memory` behind the memories that it defines. Precondition: it imports or
/// defines one memory, so that the index of `memory` is 1. Throws std::invalid_argument where the
/// bytes are no module of whole sections.
std::vector<std::uint8_t> withSecondMemory(std::span<const std::uint8_t> module,
                                           const SecondMemory& memory = {});

/// The same for the module's text, as Binaryen prints it.
std::string textWithSecondMemory(const std::string& module, const SecondMemory& memory);

}  // namespace sigproof::fuzz
