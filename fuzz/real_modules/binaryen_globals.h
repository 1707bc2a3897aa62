// Adds exported globals to a module with Binaryen.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fuzz/real_modules/listening_module.h"

namespace sigproof::modules {

struct BinaryenResult {
  std::vector<std::uint8_t> bytes;  ///< empty where Binaryen couldn't
  std::string reason;               ///< then why, in its own words
};

/// Reads the module, adds the globals and their exports, writes it, in a child process.
BinaryenResult addGlobalsWithBinaryen(std::span<const std::uint8_t> module,
                                      std::span<const ExportedGlobal> globals);

}  // namespace sigproof::modules
