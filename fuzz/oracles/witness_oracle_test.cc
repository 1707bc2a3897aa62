// The oracle of hostile programs: what it expects of modules by their structure, and that it
// refuses wrong answers.
#include "fuzz/oracles/witness_oracle.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/module/module_inspector.h"
#include "fuzz/spec/protocol_constants.h"

namespace sigproof::fuzz {
namespace {

using Outcome = RegistrationOutcome;

ScriptProgram programOf(const WitnessPlan& plan) {
  ScriptProgram program;
  program.modules.push_back({.bytes = {}, .signal_addresses = {}, .witness = plan});
  return program;
}

WitnessObservation observed(std::size_t made, std::initializer_list<Outcome> outcomes) {
  WitnessObservation seen;
  seen.made[0] = made;
  for (const Outcome outcome : outcomes) ++seen.outcomes.at(static_cast<std::size_t>(outcome));
  return seen;
}

void writeWord(std::vector<std::uint8_t>& memory, std::uint32_t address, std::uint32_t value) {
  std::memcpy(memory.data() + address, &value, sizeof value);
}

TEST(WitnessOracle, T5_EveryInstanceOfAModuleThatListensIsRegisteredAndNoOther) {
  const ScriptProgram listening = programOf({});
  const WitnessOracle oracle(listening);
  EXPECT_FALSE(oracle.judge(observed(0, {})));
  EXPECT_FALSE(oracle.judge(observed(2, {Outcome::kRegistered, Outcome::kRegistered})));
  EXPECT_TRUE(oracle.judge(observed(2, {Outcome::kRegistered})));
  EXPECT_TRUE(oracle.judge(observed(1, {})));
  EXPECT_TRUE(oracle.judge(observed(0, {Outcome::kRegistered})));
  EXPECT_TRUE(oracle.judge(observed(1, {Outcome::kEngineFailure})));
  EXPECT_TRUE(oracle.judge(observed(1, {Outcome::kRegistered, Outcome::kEngineFailure})));
}

TEST(WitnessOracle, R1_R5_ModulesThatDontListenAreNotRegistered) {
  for (const WitnessPlan& plan : {WitnessPlan{.memory = WitnessMemory::kHidden},
                                  WitnessPlan{.exports = WitnessExports::kFloats},
                                  WitnessPlan{.exports = WitnessExports::kOverlapping}}) {
    const ScriptProgram program = programOf(plan);
    EXPECT_FALSE(WitnessOracle(program).judge(observed(1, {Outcome::kWrongType})));
    EXPECT_TRUE(WitnessOracle(program).judge(observed(1, {Outcome::kRegistered})));
  }
}

TEST(WitnessOracle, D1_OnlyTheMemoriesOfInstancesAreSignalled) {
  const WitnessPlan plan;
  const ScriptProgram program = programOf(plan);
  const WitnessOracle oracle(program);
  std::vector<std::uint8_t> memory(65536);
  EXPECT_FALSE(oracle.judgeDelivery(memory, true));
  writeWord(memory, plan.signalAddress(), specified::kSignalValue);
  EXPECT_TRUE(oracle.judgeDelivery(memory, true)) << "nothing was made over it";
  writeWord(memory, plan.countAddress(), 1);
  EXPECT_FALSE(oracle.judgeDelivery(memory, true));
  writeWord(memory, plan.signalAddress(), 0);
  EXPECT_TRUE(oracle.judgeDelivery(memory, true)) << "it is alive and was not signalled";
  EXPECT_FALSE(oracle.judgeDelivery(memory, false)) << "it may have been collected";
}

// The structure as core's inspector reads it: the writer writes what the plan says.
TEST(WitnessModule, IsWhatItsPlanSays) {
  for (unsigned exports = 0; exports <= static_cast<unsigned>(WitnessExports::kOutOfBounds);
       ++exports) {
    for (unsigned memory = 0; memory <= static_cast<unsigned>(WitnessMemory::kHidden); ++memory) {
      const WitnessPlan plan{.memory = static_cast<WitnessMemory>(memory),
                             .exports = static_cast<WitnessExports>(exports),
                             .calls_import = memory % 2 == 0};
      const ModuleInspection found =
          inspectModule(writeWitnessModule(plan), SignalProtocol::address());
      // Of bounds and overlaps the sections don't tell.
      const bool is_found = found.outcome == Outcome::kRegistered;
      const bool is_about_words = plan.exports == WitnessExports::kOverlapping ||
                                  plan.exports == WitnessExports::kOutOfBounds;
      EXPECT_EQ(is_found,
                isRegistered(plan) || (is_about_words && plan.memory != WitnessMemory::kHidden));
    }
  }
}

}  // namespace
}  // namespace sigproof::fuzz
