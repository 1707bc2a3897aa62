// Mutants of a WebAssembly binary that leave most of its sections whole.
//
//   const std::vector<std::uint8_t> mutant = mutateModule(bytes, max_size, seed, &mutateBytes);
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace sigproof::fuzz {

/// Changes bytes in place, up to `max_size` of them: libFuzzer's own mutation, or another.
using MutateBytes = std::function<void(std::vector<std::uint8_t>& bytes, std::size_t max_size)>;

/// A mutant of the module `bytes`: one section changed, dropped, doubled or moved, a length written
/// longer than it need be, the end cut off, a module made anew, or any byte changed. `seed`
/// decides.
std::vector<std::uint8_t> mutateModule(std::span<const std::uint8_t> bytes, std::size_t max_size,
                                       std::uint32_t seed, const MutateBytes& mutate);

}  // namespace sigproof::fuzz
