// Predicts what a module's instantiations must do, from the plan and the specification alone. It
// uses no engine, and of core only the names of outcomes.
//
//   RegistrationOracle oracle(program);
//   const Prediction prediction = oracle.instantiate(way);
//   if (const auto violation = oracle.judge(prediction, observed)) ...
//   oracle.reference().deliver();       // what happens next, as in RegistrationReference
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/registry/registration_outcome.h"
#include "fuzz/generate/shim_program.h"
#include "fuzz/oracles/registration_reference.h"
#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

/// What the module's declarations alone say (R1, R5): kRegistered where nothing speaks against a
/// registration, else kNotOptedIn, kWrongType, kIncomplete or kNoReachableMemory.
RegistrationOutcome judgeDeclarations(const ModulePlan& module, specified::Protocol protocol);

/// Observation::error where no error object says it.
inline constexpr const char* kTerminationError = "termination";
inline constexpr const char* kNeverSettlesError = "a promise that never settles";

/// What one instantiation must come to.
struct Prediction {
  /// The name of the error that the program gets; empty: the instance is made.
  std::string error = {};
  /// If the instance is made, the observer hears this outcome. If not, the observer may hear it,
  /// and hears nothing where it is kRegistered.
  RegistrationOutcome outcome = RegistrationOutcome::kNotOptedIn;
  /// The instance's memory 0, among the reference's memories, if it has one.
  std::optional<std::size_t> memory = {};
  /// The words that the module declares, whether or not they are any good.
  std::optional<std::uint64_t> signal = {};
  std::optional<std::uint64_t> terminated = {};
  /// Of that memory, when it is asked for the words.
  std::uint64_t memory_length = 0;
  /// What stood in the signal word before, where an entry is made.
  std::uint32_t signal_word_before = 0;
  /// The address that the module's kPollName reads, if it has that.
  std::optional<std::uint64_t> polled = {};
  /// The reference's id of the entry, if one is made.
  std::optional<std::size_t> entry_id = {};
};

/// What was seen of it.
struct Observation {
  std::string error;  ///< as in Prediction
  std::vector<RegistrationOutcome> outcomes;
};

/// The fault injection in the middle of an instantiation (R10).
struct Struck {
  Strike strike = Strike::kTerminationRequested;
  /// Whether the engine compiled in the background: then it instantiates where no JavaScript waits.
  bool is_in_background = false;
};

class RegistrationOracle {
 public:
  explicit RegistrationOracle(const ShimProgram& program);

  /// Works out the next instantiation of the module, and makes it so in the reference. `instead`:
  /// what core has to tell of it, where it could not even try to register it; then the instance is
  /// as it would be, and is not registered.
  Prediction instantiate(Way way, std::optional<RegistrationOutcome> instead = {});

  /// R7: the instantiation's result is as without core, and the observer heard the outcome.
  static std::optional<Violation> judge(const Prediction& prediction, const Observation& seen);

  /// R7, R10: the same for an instantiation with a fault injection. The program gets what it would
  /// get without, except for what the fault prevents. Nothing is registered that should not be, and
  /// the observer hears of each instance that was made.
  static std::optional<Violation> judgeStruck(const Struck& struck, const Prediction& prediction,
                                              const Observation& seen);
  /// The outcome that core reported if the fault injection kept it from trying a registration;
  /// nothing if it tried.
  static std::optional<RegistrationOutcome> insteadOf(Strike strike, const Observation& seen);

  /// Memory grows, if it may: returns whether it does.
  bool grow(std::size_t memory, std::uint32_t pages);

  /// The instance with this entry was collected: the entry is gone.
  void collect(std::size_t entry_id);

  RegistrationReference& reference() { return reference_; }

 private:
  struct Limits {
    std::uint64_t pages;
    std::optional<std::uint32_t> maximum;
  };

  RegistrationOutcome judgeAll() const;
  std::size_t addMemory(const Limits& limits);
  std::optional<std::size_t> makeMemory();
  std::vector<std::uint64_t> initialGlobals() const;
  bool applyData(std::size_t memory);
  bool runStart(std::optional<std::size_t> memory, std::vector<std::uint64_t>& globals);
  std::optional<std::uint64_t> addressExported(std::string_view name,
                                               const std::vector<std::uint64_t>& globals) const;
  std::uint64_t toAddress(std::uint64_t bits) const;
  std::uint64_t pagesOf(std::size_t memory);

  const ShimProgram& program_;
  const ModulePlan& module_;
  RegistrationReference reference_;
  std::vector<Limits> limits_;                   // by memory
  std::vector<std::uint64_t> imported_globals_;  // objects that all instances share
  std::size_t entries_made_ = 0;
};

}  // namespace sigproof::fuzz
