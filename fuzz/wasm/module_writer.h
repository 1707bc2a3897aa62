// ModulePlan -> the bytes of a WebAssembly module, and its text for people, through Binaryen.
//
//   const std::vector<std::uint8_t> bytes = writeModule(plan);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/wasm/module_plan.h"

namespace sigproof::fuzz {

/// The module in binary form. Not validated: that is the engine's part.
std::vector<std::uint8_t> writeModule(const ModulePlan& plan);

/// The module in text form.
std::string writeModuleText(const ModulePlan& plan);

}  // namespace sigproof::fuzz
