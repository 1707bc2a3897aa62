// How a WebAssembly module opts in to signals: the names of the globals that it exports, which of
// them it must export, and when its entry is dead. core/SPECIFICATION.md has the two protocols in
// words. A protocol is data, not a class:
//
//   SignalRegistry<> registry({.protocol = SignalProtocol::address()});
#pragma once

#include <cstdint>
#include <string_view>

namespace sigproof {

/// The runtime writes this to a signal word near the limit: the number of SIGXCPU.
inline constexpr std::uint32_t kSignalValue = 24;
/// The runtime writes this to a terminated word after the isolate was killed.
inline constexpr std::uint32_t kTerminatedValue = 1;
/// The size of a signal or terminated word. A word may have any alignment.
inline constexpr std::uint32_t kWordSizeBytes = 4;

/// When an entry is dead.
enum class LivenessRule : std::uint8_t {
  /// Its terminated word was seen not to be 0, or its instance was collected.
  kTerminatedWordOrCollected,
  /// Its instance was collected.
  kCollected,
};

/// One protocol. A module that exports neither global has not opted in, whichever is required.
/// core/SPECIFICATION.md describes the two protocols. Background: cloudflare/workerd pull requests
/// 6098, 6154, 6270 and 6659.
struct SignalProtocol {
  std::string_view signal_name;
  std::string_view terminated_name;
  bool is_signal_required;
  bool is_terminated_required;
  LivenessRule liveness_rule;

  /// The default: both `__signal_address` and `__terminated_address` are required.
  static constexpr SignalProtocol address() noexcept {
    return {"__signal_address", "__terminated_address", true, true,
            LivenessRule::kTerminatedWordOrCollected};
  }

  /// `__instance_signal` and `__instance_terminated`, at least one of the two.
  static constexpr SignalProtocol instance() noexcept {
    return {"__instance_signal", "__instance_terminated", false, false, LivenessRule::kCollected};
  }
};

}  // namespace sigproof
