// Judges what handlers saw of a list during one call on it, by L2 and L3 of core/SPECIFICATION.md.
//
//   const ListExpectation push{.before = {1, 0}, .after = {2, 1, 0}};
//   judgeList({look(1, 0), look(2, 1, 0)}, push);    // nothing: sound and complete
//   judgeList({look(1, 0), look(2), look(2, 1, 0)}, push);
//       // a Violation: "1" is in the list before and after the call, and was missed
//
// Pure functions of what was recorded: no list, no signal, no memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/stepping/engine/state_trace.h"
#include "models/stepping/judge/look_fault.h"

namespace sigproof::stepping {

/// Elements are numbered in the order in which they were pushed: "newest first" is "descending".
using ElementId = std::uint8_t;
inline constexpr std::size_t kMaxElements = 8;

/// What one walk saw.
struct ListState {
  LookFault fault = LookFault::kNone;
  std::uint8_t visited_count = 0;
  std::array<ElementId, kMaxElements> visited{};  // in order
  std::uint8_t alive = 0;                         // bit i: element i exists, in the list or not

  bool operator==(const ListState&) const = default;
  std::span<const ElementId> ids() const noexcept { return {visited.data(), visited_count}; }
};

/// What the list holds, newest first, before and after the call.
struct ListExpectation {
  std::vector<ElementId> before;
  std::vector<ElementId> after;
  /// Removed while a reader in another thread was inside: must exist until the end of the call.
  std::vector<ElementId> held;
  /// Whether the states say which elements exist.
  bool is_life_known = true;
};

/// Judges the states in their order. The first is from before the call, the last from after it.
/// Returns the first violation.
std::optional<Violation> judgeList(std::span<const ListState> states,
                                   const ListExpectation& expectation);

/// Returns "2 1 0", "nothing", or the fault; also which other elements exist.
std::string describe(const ListState& state);

}  // namespace sigproof::stepping
