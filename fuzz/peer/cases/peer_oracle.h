// Predicts what both sides must show of a program, and names the rule that a side breaks if it
// shows something else. The prediction comes from the program and the specification, by the
// reference of the fuzz targets: it trusts neither side.
//
//   const Expectation expected = expect(program);
//   for (const Deviation& deviation : judge(program, expected, seen)) ...
//   const std::string name = signatureOf(program, expected, deviation, "workerd");
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/registry/registration_outcome.h"
#include "fuzz/peer/cases/peer_program.h"
#include "fuzz/peer/cases/verdict.h"
#include "reports/record/property.h"

namespace sigproof::peer {

struct Expectation {
  Verdict verdict;
  RegistrationOutcome outcome = RegistrationOutcome::kNotOptedIn;
  /// The words that the module declares (R1), whether or not they are any good.
  std::optional<std::uint64_t> signal;
  std::optional<std::uint64_t> terminated;
  fuzz::Way way = fuzz::Way::kNew;
  /// Memory 0 as it would be if the module had not opted in.
  std::optional<MemoryImage> untouched;
  /// A memory that was handed over and is nobody's: with its fill, at the size of the decoy and at
  /// the size of the imported one.
  MemoryImage decoy;
  MemoryImage stray;
  /// The parts of a large memory that are looked at: begin, size. Empty: all of it.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> windows;
};

Expectation expect(const PeerProgram& program);

/// What is wrong about a verdict. In the order in which they are looked for.
enum class Fault : std::uint8_t {
  kDied,         ///< the process crashed or hung
  kError,        ///< the instantiation ended otherwise (R7; T2 without `new`)
  kRegisters,    ///< wrote to memory 0 though nothing may be registered
  kMisses,       ///< did not zero the signal word of a module that is to be registered
  kOtherBytes,   ///< changed other bytes of memory 0 than the signal word (R6)
  kOtherMemory,  ///< wrote to a memory that is not the module's memory 0 (R5)
  kOutcome,      ///< reported another outcome (R7)
  kPrototype,    ///< the instance has another prototype (T2)
  kTicks,        ///< a promise settled later, or earlier (T3)
  kReads,        ///< imports were read more often, or less (T6)
};
std::string_view name(Fault fault) noexcept;

struct Deviation {
  Fault fault = Fault::kError;
  reports::Property rule = "R7";
  std::string text;  ///< what was to be seen and what was seen, one line
  /// Of kRegisters: why nothing may be registered.
  RegistrationOutcome outcome = RegistrationOutcome::kRegistered;
  bool operator==(const Deviation&) const = default;
};

/// All of them; none where the side did what it must. Precondition: the side's engine did not
/// refuse the module.
std::vector<Deviation> judge(const PeerProgram& program, const Expectation& expected,
                             const Verdict& seen);

/// Whether both are the same fault against the same rule, for the same reason. Which rule a missing
/// registration breaks is known only of a program that has one cause for it: there the fault
/// decides.
bool isSameDeviation(const Deviation& a, const Deviation& b);

/// In what the program differs from the plainest that registers, as far as it can be a cause of the
/// fault: "signal-wrong-type", "memory64", "imports-watched", ... Sorted.
std::vector<std::string> featuresOf(const PeerProgram& program, const Expectation& expected,
                                    Fault fault);

/// The rule, what is wrong, and all features of the program: the name of a finding, where the
/// program is a minimised one: "r1-workerd-registers-signal-wrong-type".
std::string signatureOf(const PeerProgram& program, const Expectation& expected,
                        const Deviation& deviation, std::string_view side);

}  // namespace sigproof::peer
