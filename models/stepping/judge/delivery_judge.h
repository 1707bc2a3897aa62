// Judges the deliveries of handlers during one call on a registry, by R6, R7, D1, D2, D3, D5 and D6
// of core/SPECIFICATION.md.
//
//   DeliveryExpectation adding{.modules = {{.role = Role::kListening},
//                                          {.role = Role::kJoining, .signal_initial = garbage}}};
//   judgeDeliveries(states, adding);
//
// Pure functions of what was recorded. The values 24, 0 and 1 are the specification's. They are
// repeated here, because a judge must not take them from the code that it judges.
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

/// The value that is written near the limit: SIGXCPU.
inline constexpr std::uint32_t kWarning = 24;
/// The handler puts this into a word before it delivers, so that a delivery is visible.
inline constexpr std::uint32_t kSentinel = 0xB7B7B7B7;
inline constexpr std::size_t kMaxModules = 5;

/// A module's part in the call. Modules are numbered in the order of their registration.
enum class Role : std::uint8_t {
  kListening,  ///< Registered and live before and after: every delivery reaches it.
  kSilent,     ///< Dead or not registered, or without a signal word: no byte of it ever changes.
  kJoining,    ///< Registered by the call: untouched, then zeroed, then reached by every delivery.
  kLeaving,    ///< Dropped by the call while live: reached, then never again.
  kDying,      ///< Terminated by the call: reached until its terminated word is not 0.
  kSuccessor,  ///< Where the call moves the memory of the one module that is leaving: reached from
               ///< when that one is not, and warned by then. A copy from before the warning.
};

/// One module before and after one delivery.
struct ModuleState {
  std::uint32_t signal_before = 0;        ///< its signal word as the handler found it
  std::uint32_t signal_after = 0;         ///< its signal word after the delivery
  std::uint32_t terminated = 0;           ///< its terminated word after the delivery
  bool is_intact = true;                  ///< no other byte of it, or around it, changed
  bool is_touched_after_release = false;  ///< used after the registry had released it

  bool operator==(const ModuleState&) const = default;
};

/// One delivery.
struct DeliveryState {
  LookFault fault = LookFault::kNone;
  std::uint32_t written = 0;     ///< what deliver() returned
  std::uint32_t generation = 0;  ///< as the handler found it
  bool was_warned = false;       ///< as the handler found it
  /// A delivery for the first generation, after that had ended, wrote or returned that it wrote.
  bool is_late_signal_heard = false;
  std::uint32_t module_count = 0;
  std::array<ModuleState, kMaxModules> modules{};

  bool operator==(const DeliveryState&) const = default;
};

struct ModuleExpectation {
  Role role = Role::kListening;
  std::uint32_t signal_initial = kSentinel;  ///< for kSilent and kJoining
  std::uint32_t terminated_before = 0;
  std::uint32_t terminated_after = 0;
};

struct DeliveryExpectation {
  std::vector<ModuleExpectation> modules;
  /// The call writes 0 to the words of live entries, as a renewal does.
  bool is_renewing = false;
  /// How many generations the call ends. The first look finds generation 0.
  std::uint32_t ended_generations = 0;
};

/// Judges the deliveries in their order. The first is from before the call, the last from after it.
/// Returns the first violation.
std::optional<Violation> judgeDeliveries(std::span<const DeliveryState> states,
                                         const DeliveryExpectation& expectation);

/// Returns "2 written; module 0: 24 (was 24), terminated 0; ..." or the fault.
std::string describe(const DeliveryState& state);

}  // namespace sigproof::stepping
