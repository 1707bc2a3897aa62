#include "fuzz/run/shim/exercised_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sigproof::fuzz {
namespace {

using reports::Property;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

// A module that registers and comes near no rule.
ShimProgram plainProgram() {
  ShimProgram program;
  program.ways = {Way::kNew};
  program.module.memory = WasmMemoryPlan{.initial_pages = 1};
  program.module.globals = {{.bits = 1024}, {.bits = 2048}};
  program.module.exports = {{"memory", ExternalKind::kMemory, 0},
                            {"__signal_address", ExternalKind::kGlobal, 0},
                            {"__terminated_address", ExternalKind::kGlobal, 1}};
  return program;
}

std::vector<Property> rulesOf(const ShimProgram& program) {
  RegistrationOracle oracle(program);
  return exercisedRules(program, oracle.instantiate(Way::kNew));
}

std::vector<Property> rulesAt(std::uint64_t signal, std::uint64_t terminated) {
  ShimProgram program = plainProgram();
  program.module.globals[0].bits = signal;
  program.module.globals[1].bits = terminated;
  return rulesOf(program);
}

TEST(ExercisedRules, APlainRegistrationExercisesNone) {
  EXPECT_THAT(rulesOf(plainProgram()), ElementsAre());
}

TEST(ExercisedRules, R1_AnExportThatIsNoConstantAddress) {
  ShimProgram program = plainProgram();
  program.module.globals[0].type = ValueType::kF32;
  EXPECT_THAT(rulesOf(program), Contains(Property("R1")));
  program = plainProgram();
  program.module.globals[0].is_mutable = true;
  EXPECT_THAT(rulesOf(program), ElementsAre(Property("R1")));
}

TEST(ExercisedRules, R2_AnAddressWithItsHighestBit) {
  EXPECT_THAT(rulesAt(0x80000000, 2048), Contains(Property("R2")));
  EXPECT_THAT(rulesAt(0x7FFFFFFF, 2048), Not(Contains(Property("R2"))));
}

TEST(ExercisedRules, R3_AWordAtTheEndOrBeyond) {
  EXPECT_THAT(rulesAt(65536 - 4, 2048), ElementsAre(Property("R3")));
  EXPECT_THAT(rulesAt(65536 - 3, 2048), Contains(Property("R3")));
  EXPECT_THAT(rulesAt(65536 - 8, 2048), ElementsAre());
}

TEST(ExercisedRules, R4_WordsThatMeetOrNearlyDo) {
  EXPECT_THAT(rulesAt(1024, 1028), ElementsAre(Property("R4")));
  EXPECT_THAT(rulesAt(1028, 1025), ElementsAre(Property("R4"), Property("R7")));
  EXPECT_THAT(rulesAt(1024, 1032), ElementsAre());
}

TEST(ExercisedRules, R5_AMemoryThatIsNotTheObviousOne) {
  ShimProgram program = plainProgram();
  program.module.exports[0].name = "m";
  EXPECT_THAT(rulesOf(program), ElementsAre(Property("R5")));
  program = plainProgram();
  program.has_decoy_memory = true;
  EXPECT_THAT(rulesOf(program), ElementsAre(Property("R5")));
}

TEST(ExercisedRules, R6_AWordThatIsNotZero) {
  ShimProgram program = plainProgram();
  program.module.data = {{.address = 1024, .bytes = {7}}};
  EXPECT_THAT(rulesOf(program), ElementsAre(Property("R6")));
  program.module.data = {{.address = 2048, .bytes = {7}}};
  EXPECT_THAT(rulesOf(program), ElementsAre(Property("R6"), Property("R7")));
}

TEST(ExercisedRules, R8_NoName) {
  ShimProgram program = plainProgram();
  program.module.exports.resize(1);
  EXPECT_THAT(rulesOf(program), ElementsAre(Property("R8")));
}

TEST(ExercisedRules, R9_OneMoreThanTheLimit) {
  const ShimProgram program = plainProgram();
  RegistrationOracle oracle(program);
  for (std::size_t i = 0; i < ShimProgram::kMaxEntries; ++i) {
    EXPECT_THAT(exercisedRules(program, oracle.instantiate(Way::kNew)), ElementsAre());
  }
  EXPECT_THAT(exercisedRules(program, oracle.instantiate(Way::kNew)),
              ElementsAre(Property("R7"), Property("R9")));
}

}  // namespace
}  // namespace sigproof::fuzz
