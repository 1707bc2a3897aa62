// The kinds of faults that a test or a fuzz target injects into a registration (R10 of
// core/SPECIFICATION.md). core/v8/testing/injection_policy.h injects them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sigproof {

/// A fault that may happen between any two steps of a registration.
enum class Strike : std::uint8_t {
  kTerminationRequested,  ///< as by a watchdog: takes effect at the next JavaScript
  kTerminated,            ///< has taken effect: the engine refuses every call
  kStackOverflow,         ///< no stack for the next call into the engine
  kCollection,            ///< of all garbage
  kAllocationFailure,     ///< of memory that core asks for
};
inline constexpr std::size_t kStrikeCount = 5;

/// Returns whether the fault affects the program itself, so that its result may differ.
constexpr bool isNoticed(Strike fault) noexcept { return fault <= Strike::kStackOverflow; }

}  // namespace sigproof
