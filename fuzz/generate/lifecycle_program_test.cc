#include "fuzz/generate/lifecycle_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace sigproof::fuzz {
namespace {

LifecycleProgram programOf(const std::vector<std::uint8_t>& bytes) {
  ByteSource source(bytes);
  return makeLifecycleProgram(source);
}

TEST(LifecycleProgram, NoBytesAreAProgramToo) {
  const LifecycleProgram program = programOf({});
  ASSERT_EQ(program.phases.size(), 1U);
  EXPECT_TRUE(program.phases[0].actions[0].empty());
}

TEST(LifecycleProgram, TheSameBytesAreTheSameProgramAndEveryKindComes) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same bytes in every run
  std::set<LifecycleAction::Kind> kinds;
  for (int i = 0; i < 200; ++i) {
    std::vector<std::uint8_t> bytes(200);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const LifecycleProgram program = programOf(bytes);
    EXPECT_EQ(describe(program), describe(programOf(bytes)));
    EXPECT_LE(program.phases.size(), LifecycleProgram::kMaxPhases);
    for (const LifecyclePhase& phase : program.phases) {
      for (const auto& actions : phase.actions) {
        for (const LifecycleAction& action : actions) kinds.insert(action.kind);
      }
    }
  }
  EXPECT_EQ(kinds.size(), kLifecycleActionKindCount);
}

TEST(LifecycleProgram, IsDescribedForPeople) {
  const std::string text = describe(programOf({1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 5}));
  EXPECT_THAT(text, testing::StartsWith("phase:"));
  EXPECT_THAT(text, testing::HasSubstr("isolate:"));
}

}  // namespace
}  // namespace sigproof::fuzz
