// What became of a module's request to be signalled (R7 of core/SPECIFICATION.md). One of these
// answers "My module gets no signal":
//
//   class Log : public RegistrationObserver {
//     void onRegistration(RegistrationOutcome outcome) noexcept override {
//       log(describe(outcome));
//     }
//   };
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sigproof {

/// In the order in which `core` looks for them: a module with several faults is refused for the
/// first.
enum class RegistrationOutcome : std::uint8_t {
  kRegistered,        ///< An entry was made.
  kUnreadableModule,  ///< Its sections could not be followed (a binary format newer than this
                      ///< code).
  kNotOptedIn,        ///< It exports nothing under the protocol's names.
  kWrongType,   ///< A required name is exported, but not as a global of the address type (R1).
  kIncomplete,  ///< One of two required globals is missing.
  kNoReachableMemory,  ///< It has no memory 0, or one that can't be reached from outside (R5).
  kEngineFailure,      ///< The engine handed out no value: termination, stack overflow (R10).
  kOutOfBounds,        ///< A word does not lie inside the memory (R3).
  kOverlap,            ///< Signal and terminated words share a byte (R4).
  kAlreadyTerminated,  ///< Its terminated word is not 0 (R6, address protocol).
  kTooManyEntries,     ///< The isolate has as many entries as it may have (R9).
  kOutOfMemory,        ///< No memory for the entry.
};

inline constexpr std::size_t kRegistrationOutcomeCount = 12;

/// The outcome's name in reports and in the shell, such as "out-of-bounds".
std::string_view name(RegistrationOutcome outcome) noexcept;

/// One sentence for the author of a module: what happened, and what to do about it.
std::string_view describe(RegistrationOutcome outcome) noexcept;

/// Receives every outcome, on the isolate's thread, when the registration is over. An observer may
/// read the registry, but must not change it.
class RegistrationObserver {
 public:
  virtual ~RegistrationObserver() = default;
  virtual void onRegistration(RegistrationOutcome outcome) noexcept = 0;
};

/// Counts each outcome.
class RegistrationCounters {
 public:
  void count(RegistrationOutcome outcome) noexcept { ++counts_[static_cast<std::size_t>(outcome)]; }
  std::uint64_t operator[](RegistrationOutcome outcome) const noexcept {
    return counts_[static_cast<std::size_t>(outcome)];
  }

 private:
  std::array<std::uint64_t, kRegistrationOutcomeCount> counts_{};
};

}  // namespace sigproof
