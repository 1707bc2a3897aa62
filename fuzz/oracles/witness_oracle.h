// Judges what was registered, by the modules' structure and by what the modules themselves counted
// (fuzz/generate/scripts/witness_module.h): R5, R6, R7, R10, T5.
//
//   WitnessOracle oracle(program);
//   if (const auto violation = oracle.judge(seen)) reportViolation(*violation);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/registry/registration_outcome.h"
#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

/// What was seen in the run with core.
struct WitnessObservation {
  /// How often each module said that an instance of it was made.
  std::array<std::size_t, WitnessPlan::kMaxModules> made{};
  std::array<std::size_t, kRegistrationOutcomeCount> outcomes{};
};

class WitnessOracle {
 public:
  explicit WitnessOracle(const ScriptProgram& program) : program_(program) {}

  /// Every instance of a module that listens, and no other, was registered, however hostile the
  /// program was.
  std::optional<Violation> judge(const WitnessObservation& seen) const;

  /// After a delivery: `bytes` are those of one memory. Signal words of modules that made no
  /// instance over it were left alone; those of the others were signalled, where `is_all_alive` (no
  /// instance can have been collected), else may have been.
  std::optional<Violation> judgeDelivery(std::span<const std::uint8_t> bytes,
                                         bool is_all_alive) const;

 private:
  const ScriptProgram& program_;
};

}  // namespace sigproof::fuzz
