// The figures of the specification that the oracles need, stated once more: an oracle that took
// them from `core` could not see them wrong there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sigproof::fuzz::specified {

inline constexpr std::uint32_t kSignalValue = 24;  // SIGXCPU
inline constexpr std::uint32_t kTerminatedValue = 1;
inline constexpr std::uint32_t kWordSizeBytes = 4;
/// An isolate's registry takes so many entries unless its embedder says otherwise (R9).
inline constexpr std::size_t kDefaultMaxEntries = 10'000;
/// After a look for dead entries in vain, a registration is refused without one for every so many
/// entries that were looked at (R9), but for the first so many.
inline constexpr std::size_t kEntriesARefusal = 64;

enum class Protocol : std::uint8_t { kAddress, kInstance };

struct ProtocolNames {
  std::string_view signal;
  std::string_view terminated;
};

constexpr ProtocolNames names(Protocol protocol) {
  if (protocol == Protocol::kAddress) return {"__signal_address", "__terminated_address"};
  return {"__instance_signal", "__instance_terminated"};
}

/// Whether both globals are required; else at least one of them is.
constexpr bool areBothRequired(Protocol protocol) { return protocol == Protocol::kAddress; }

/// Whether a terminated word that is not 0 means that the entry is dead.
constexpr bool doesWordKill(Protocol protocol) { return protocol == Protocol::kAddress; }

/// What of a protocol matters once the offsets of the words are known.
struct ProtocolRules {
  bool are_both_required;
  bool does_word_kill;
};

constexpr ProtocolRules rules(Protocol protocol) {
  return {.are_both_required = areBothRequired(protocol), .does_word_kill = doesWordKill(protocol)};
}

}  // namespace sigproof::fuzz::specified
