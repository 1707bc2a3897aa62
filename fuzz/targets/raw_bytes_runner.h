// Gives bytes that may be a module to `WebAssembly` in both worlds and to core's inspector, and has
// the oracles compare.
//
//   runRawBytes({data, size});      // aborts with a report where a property is broken
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace sigproof::fuzz {

/// Returns what was seen, in one text. `is_async`: bytes are compiled in the background.
std::string runRawBytes(std::span<const std::uint8_t> bytes, bool is_async);

}  // namespace sigproof::fuzz
