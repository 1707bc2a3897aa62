// What strikes in the middle of a registration where a test or a fuzz target lets it:
// core/v8/testing/injection_policy.h does it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sigproof {

/// What may come between any two steps of a registration (R10).
enum class Strike : std::uint8_t {
  kTerminationRequested,  ///< as a watchdog does: it takes effect at the next JavaScript
  kTerminated,            ///< it has taken effect: the engine refuses every call
  kStackOverflow,         ///< no stack for the next call of the engine
  kCollection,            ///< of all garbage
  kAllocationFailure,     ///< of memory that core asks for
};
inline constexpr std::size_t kStrikeCount = 5;

/// Whether it takes something from the program itself, so that this may end otherwise than without.
constexpr bool isNoticed(Strike strike) noexcept { return strike <= Strike::kStackOverflow; }

}  // namespace sigproof
