#include "fuzz/generate/raw_bytes/newer_module.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "core/module/module_inspector.h"
#include "fuzz/support/random_inputs.h"

namespace sigproof::fuzz {
namespace {

constexpr std::uint32_t kModules = 4000;
constexpr std::size_t kSourceBytes = 256;

NewerModule makeModule(std::uint32_t seed, specified::Protocol protocol) {
  const auto bytes = randomBytes(kSourceBytes, seed);
  ByteSource source(bytes);
  return makeNewerModule(source, protocol);
}

// What the bytes mean is known from their making, so that the inspector is judged here also where
// no engine of today could say.
TEST(NewerModule, R1_R5_TheInspectorReadsEveryWellFormedOneToItsEnd) {
  std::array<unsigned, kRegistrationOutcomeCount> outcomes{};
  for (std::uint32_t seed = 0; seed < kModules; ++seed) {
    const bool is_address = seed % 2 == 0;
    const NewerModule module = makeModule(
        seed, is_address ? specified::Protocol::kAddress : specified::Protocol::kInstance);
    const ModuleInspection found = inspectModule(
        module.bytes, is_address ? SignalProtocol::address() : SignalProtocol::instance());
    ++outcomes.at(static_cast<std::size_t>(found.outcome));
    if (!module.is_well_formed) continue;
    ASSERT_EQ(found.outcome, module.has_memory ? RegistrationOutcome::kRegistered
                                               : RegistrationOutcome::kNoReachableMemory)
        << "seed " << seed;
    if (!module.has_memory) continue;
    EXPECT_TRUE(found.has_signal && found.has_terminated) << seed;
    EXPECT_EQ(found.is_memory64, module.is_memory64) << seed;
    EXPECT_EQ(found.memory_export, "memory") << seed;
  }
  using Outcome = RegistrationOutcome;
  for (const Outcome outcome :
       {Outcome::kRegistered, Outcome::kNoReachableMemory, Outcome::kUnreadableModule}) {
    EXPECT_GT(outcomes.at(static_cast<std::size_t>(outcome)), kModules / 20) << name(outcome);
  }
}

TEST(NewerModule, TheSameBytesMakeTheSameModuleAndOthersMakeOthers) {
  std::set<std::vector<std::uint8_t>> modules;
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    const NewerModule module = makeModule(seed, specified::Protocol::kAddress);
    EXPECT_EQ(module.bytes, makeModule(seed, specified::Protocol::kAddress).bytes);
    modules.insert(module.bytes);
  }
  EXPECT_GT(modules.size(), 90U);
}

TEST(NewerModule, NothingToDrawFromMakesAModuleToo) {
  ByteSource nothing({});
  const NewerModule module = makeNewerModule(nothing, specified::Protocol::kAddress);
  EXPECT_TRUE(module.is_well_formed);
  EXPECT_EQ(inspectModule(module.bytes, SignalProtocol::address()).outcome,
            RegistrationOutcome::kRegistered);
}

}  // namespace
}  // namespace sigproof::fuzz
