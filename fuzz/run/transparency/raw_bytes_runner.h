// Gives bytes that may be a module to `WebAssembly` in both worlds and to core's inspector, and has
// the oracles compare.
//
//   runRawBytes({data, size});      // aborts with a report where a property is broken
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace sigproof::fuzz {

/// Memories of a mutant's size would take the time of many runs.
inline constexpr unsigned kMostPagesOfAMutant = 64;

/// Returns what was seen, in one text. `is_async`: bytes are compiled in the background. The engine
/// refuses modules whose memory is larger than `max_memory_pages`, which is the same in each call.
std::string runRawBytes(std::span<const std::uint8_t> bytes, bool is_async,
                        unsigned max_memory_pages = kMostPagesOfAMutant);

}  // namespace sigproof::fuzz
