#include "fuzz/oracles/witness_oracle.h"

#include <fmt/format.h>

#include "fuzz/spec/protocol_constants.h"

namespace sigproof::fuzz {
namespace {

std::uint32_t wordAt(std::span<const std::uint8_t> bytes, std::uint64_t address) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < specified::kWordSizeBytes; ++i) {
    value |= std::uint32_t{bytes[address + i]} << (8 * i);
  }
  return value;
}

}  // namespace

std::optional<Violation> WitnessOracle::judge(const WitnessObservation& seen) const {
  std::size_t expected = 0;
  for (const ScriptModule& module : program_.modules) {
    if (module.witness && isRegistered(*module.witness)) {
      expected += seen.made.at(module.witness->number);
    }
  }
  const auto count = [&](RegistrationOutcome outcome) {
    return seen.outcomes.at(static_cast<std::size_t>(outcome));
  };
  if (count(RegistrationOutcome::kRegistered) != expected) {
    return Violation{"T5", fmt::format("{} instances of modules that listen were made, {} were "
                                       "registered ({} engine failures)",
                                       expected, count(RegistrationOutcome::kRegistered),
                                       count(RegistrationOutcome::kEngineFailure))};
  }
  if (count(RegistrationOutcome::kEngineFailure) + count(RegistrationOutcome::kOutOfMemory) != 0) {
    return Violation{"R7",
                     "a registration failed in a program that neither ended nor lacked memory"};
  }
  return std::nullopt;
}

std::optional<Violation> WitnessOracle::judgeDelivery(std::span<const std::uint8_t> bytes,
                                                      bool is_all_alive) const {
  for (const ScriptModule& module : program_.modules) {
    if (!module.witness) continue;
    const WitnessPlan& plan = *module.witness;
    if (bytes.size() < plan.signalAddress() + specified::kWordSizeBytes) continue;
    const std::uint32_t word = wordAt(bytes, plan.signalAddress());
    const bool is_made = wordAt(bytes, plan.countAddress()) != 0;
    const bool is_signalled = word == specified::kSignalValue;
    if (is_signalled && !(is_made && isRegistered(plan))) {
      return Violation{"D1", fmt::format("module {} was signalled in a memory in which no instance "
                                         "of it listens",
                                         plan.number)};
    }
    if (!is_signalled && is_made && isRegistered(plan) && is_all_alive) {
      return Violation{"R5", fmt::format("module {} has a live instance over a memory, but was not "
                                         "signalled there: its word is {}",
                                         plan.number, word)};
    }
  }
  return std::nullopt;
}

}  // namespace sigproof::fuzz
