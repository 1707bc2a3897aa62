// What the oracle works out of plans made by hand, and that it refuses wrong answers.
#include "fuzz/oracles/registration_oracle.h"

#include <gtest/gtest.h>

namespace sigproof::fuzz {
namespace {

using specified::Protocol;
using Outcome = RegistrationOutcome;

// One page, exported; the words at 16 and 32.
ShimProgram listeningProgram() {
  ShimProgram program;
  program.ways = {Way::kNew};
  program.module.memory = WasmMemoryPlan{.initial_pages = 1};
  program.module.globals = {{.bits = 16}, {.bits = 32}};
  program.module.exports = {{"__signal_address", ExternalKind::kGlobal, 0},
                            {"__terminated_address", ExternalKind::kGlobal, 1},
                            {"memory", ExternalKind::kMemory, 0}};
  return program;
}

Outcome outcomeOf(const ShimProgram& program) {
  return RegistrationOracle(program).instantiate(Way::kNew).outcome;
}

TEST(RegistrationOracle, AModuleThatListensIsRegistered) {
  const ShimProgram program = listeningProgram();
  RegistrationOracle oracle(program);
  const Prediction prediction = oracle.instantiate(Way::kNew);
  EXPECT_EQ(prediction.error, "");
  EXPECT_EQ(prediction.outcome, Outcome::kRegistered);
  EXPECT_EQ(prediction.signal, 16U);
  EXPECT_EQ(oracle.reference().deliver(), 1U);
}

TEST(RegistrationOracle, R1_AnythingElseOfTheNameCountsAsAbsent) {
  ShimProgram program = listeningProgram();
  program.module.globals[1].type = ValueType::kF32;
  EXPECT_EQ(outcomeOf(program), Outcome::kWrongType);
  program = listeningProgram();
  program.module.exports[1].kind = ExternalKind::kFunction;
  EXPECT_EQ(outcomeOf(program), Outcome::kWrongType);
  program = listeningProgram();
  program.module.exports[1].name += " ";
  EXPECT_EQ(outcomeOf(program), Outcome::kIncomplete);
  program.module.exports[0].name = "__instance_signal";
  EXPECT_EQ(outcomeOf(program), Outcome::kNotOptedIn);
  program.protocol = Protocol::kInstance;
  EXPECT_EQ(outcomeOf(program), Outcome::kRegistered);
}

TEST(RegistrationOracle, R1_AMutableGlobalIsReadAfterTheStartFunction) {
  ShimProgram program = listeningProgram();
  program.module.globals[0].is_mutable = true;
  program.module.start = {{.kind = StartAction::Kind::kSetGlobal, .value = 34, .global = 0}};
  EXPECT_EQ(outcomeOf(program), Outcome::kOverlap);
}

TEST(RegistrationOracle, R1_A64BitMemoryTakesGlobalsOf64Bits) {
  ShimProgram program = listeningProgram();
  program.module.memory->is_memory64 = true;
  EXPECT_EQ(outcomeOf(program), Outcome::kWrongType);
  for (GlobalPlan& global : program.module.globals) global.type = ValueType::kI64;
  EXPECT_EQ(outcomeOf(program), Outcome::kRegistered);
  program.module.globals[0].bits |= std::uint64_t{1} << 32;
  EXPECT_EQ(outcomeOf(program), Outcome::kOutOfBounds);
}

TEST(RegistrationOracle, R2_AnAddressIs32BitsReadAsUnsigned) {
  ShimProgram program = listeningProgram();
  program.module.memory->initial_pages = 32769;
  program.module.globals[0].bits = 0xFFFF'FFFF'8000'0000;  // -2^31
  RegistrationOracle oracle(program);
  const Prediction prediction = oracle.instantiate(Way::kNew);
  EXPECT_EQ(prediction.outcome, Outcome::kRegistered);
  EXPECT_EQ(prediction.signal, 0x8000'0000U);
}

TEST(RegistrationOracle, R5_AMemoryThatIsNeitherExportedNorImportedCanNotBeReached) {
  ShimProgram program = listeningProgram();
  program.module.exports.pop_back();
  EXPECT_EQ(outcomeOf(program), Outcome::kNoReachableMemory);
  program.module.memory->is_imported = true;
  program.module.memory->given_pages = 1;
  EXPECT_EQ(outcomeOf(program), Outcome::kRegistered);
  program.module.memory.reset();
  EXPECT_EQ(outcomeOf(program), Outcome::kNoReachableMemory);
}

TEST(RegistrationOracle, R6_ATerminatedWordMaySpeakFromDataOrFromTheStartFunction) {
  ShimProgram program = listeningProgram();
  program.module.data = {{.address = 35, .bytes = {1}}};
  EXPECT_EQ(outcomeOf(program), Outcome::kAlreadyTerminated);
  program.module.start = {{.kind = StartAction::Kind::kStore, .address = 32, .value = 0}};
  EXPECT_EQ(outcomeOf(program), Outcome::kRegistered);
}

TEST(RegistrationOracle, AModuleThatTrapsKeepsWhatItWroteBefore) {
  ShimProgram program = listeningProgram();
  program.module.memory->is_imported = true;
  program.module.memory->given_pages = 1;
  program.module.start = {{.kind = StartAction::Kind::kStore, .address = 16, .value = 7},
                          {.kind = StartAction::Kind::kTrap}};
  RegistrationOracle oracle(program);
  EXPECT_EQ(oracle.instantiate(Way::kNew).error, "RuntimeError");
  EXPECT_EQ(oracle.reference().read(0, 16), 7U);
  EXPECT_TRUE(oracle.reference().entries().empty());
}

TEST(RegistrationOracle, GrowthIsBoundedByTheMaximum) {
  ShimProgram program = listeningProgram();
  program.module.memory->maximum_pages = 2;
  program.module.globals[0].bits = kPageSizeBytes;
  EXPECT_EQ(outcomeOf(program), Outcome::kOutOfBounds);
  program.module.start = {{.kind = StartAction::Kind::kGrow, .pages = 1}};
  EXPECT_EQ(outcomeOf(program), Outcome::kRegistered);
  program.module.start[0].pages = 2;
  EXPECT_EQ(outcomeOf(program), Outcome::kOutOfBounds);
}

TEST(RegistrationOracle, AGlobalObjectThatIsSharedKeepsWhatAnInstanceSet) {
  ShimProgram program = listeningProgram();
  program.module.globals[0] = {.is_mutable = true, .bits = 16, .is_imported = true};
  program.module.globals[1].is_mutable = true;
  program.module.start = {{.kind = StartAction::Kind::kSetGlobal, .value = 64, .global = 0},
                          {.kind = StartAction::Kind::kSetGlobal, .value = 80, .global = 1}};
  RegistrationOracle oracle(program);
  EXPECT_EQ(oracle.instantiate(Way::kNew).signal, 64U);
  program.module.start.clear();
  const Prediction second = oracle.instantiate(Way::kNew);
  EXPECT_EQ(second.signal, 64U);
  EXPECT_EQ(second.terminated, 32U);
}

class RegistrationOracleJudgement : public testing::Test {
 protected:
  static bool isRefused(const Prediction& prediction, const Observation& seen) {
    return RegistrationOracle::judge(prediction, seen).has_value();
  }
  const Prediction registered_{.outcome = Outcome::kRegistered};
  const Prediction trapped_{.error = "RuntimeError", .outcome = Outcome::kRegistered};
  const Prediction trapped_wrong_type_{.error = "RuntimeError", .outcome = Outcome::kWrongType};
};

TEST_F(RegistrationOracleJudgement, R7_AcceptsWhatItForesaw) {
  EXPECT_FALSE(isRefused(registered_, {"", {Outcome::kRegistered}}));
  EXPECT_FALSE(isRefused(trapped_, {"RuntimeError", {}}));
  EXPECT_FALSE(isRefused(trapped_wrong_type_, {"RuntimeError", {Outcome::kWrongType}}));
}

TEST_F(RegistrationOracleJudgement, R7_RefusesAnotherOutcomeNoneAndTwo) {
  EXPECT_TRUE(isRefused(registered_, {"", {Outcome::kOverlap}}));
  EXPECT_TRUE(isRefused(registered_, {"", {}}));
  EXPECT_TRUE(isRefused(registered_, {"", {Outcome::kRegistered, Outcome::kRegistered}}));
}

TEST_F(RegistrationOracleJudgement, R7_RefusesAnErrorThatTheProgramShouldNotGetOrAnotherOne) {
  EXPECT_TRUE(isRefused(registered_, {"TypeError", {}}));
  EXPECT_TRUE(isRefused(trapped_, {"", {Outcome::kRegistered}}));
  EXPECT_TRUE(isRefused(trapped_, {"LinkError", {}}));
}

TEST_F(RegistrationOracleJudgement, R7_RefusesARegistrationOfWhatWasNeverMade) {
  EXPECT_TRUE(isRefused(trapped_, {"RuntimeError", {Outcome::kRegistered}}));
  EXPECT_TRUE(isRefused(trapped_, {"RuntimeError", {Outcome::kOutOfBounds}}));
}

// --- strikes -------------------------------------------------------------------------------------

// Whether the oracle accepts that a strike made this of the instantiation of a listening module.
bool isAccepted(const Struck& struck, const Observation& seen) {
  const ShimProgram program = listeningProgram();
  RegistrationOracle oracle(program);
  const Prediction prediction =
      oracle.instantiate(Way::kNew, RegistrationOracle::insteadOf(struck.strike, seen));
  return !RegistrationOracle::judgeStruck(struck, prediction, seen);
}

TEST(RegistrationOracle, R10_AStrikeMayTakeAnInstanceAndNothingElse) {
  for (const Strike strike : {Strike::kTerminated, Strike::kStackOverflow}) {
    EXPECT_TRUE(isAccepted({strike}, {"", {Outcome::kRegistered}}));
    EXPECT_TRUE(isAccepted({strike}, {"", {Outcome::kEngineFailure}}));
    EXPECT_TRUE(isAccepted({strike}, {kNeverSettlesError, {}}));
    EXPECT_FALSE(isAccepted({strike}, {"", {Outcome::kOutOfMemory}}));
    EXPECT_FALSE(isAccepted({strike}, {"", {Outcome::kOverlap}}));
    EXPECT_FALSE(isAccepted({strike}, {"TypeError", {}}));
  }
  EXPECT_TRUE(isAccepted({Strike::kStackOverflow}, {"RangeError", {Outcome::kRegistered}}));
  EXPECT_FALSE(isAccepted({Strike::kTerminated}, {"RangeError", {}}));
}

TEST(RegistrationOracle, R10_ATerminatedReadOfAnImportIsUndefinedInTheBackgroundAlone) {
  for (const char* error : {"LinkError", "TypeError"}) {
    EXPECT_TRUE(isAccepted({Strike::kTerminated, true}, {error, {}}));
    EXPECT_FALSE(isAccepted({Strike::kTerminated, false}, {error, {}}));
    EXPECT_FALSE(isAccepted({Strike::kStackOverflow, true}, {error, {}}));
  }
}

TEST(RegistrationOracle, R7_WhatTheProgramCannotNoticeTakesNothingFromIt) {
  for (const Strike strike : {Strike::kCollection, Strike::kAllocationFailure}) {
    EXPECT_TRUE(isAccepted({strike}, {"", {Outcome::kRegistered}}));
    EXPECT_FALSE(isAccepted({strike}, {"", {Outcome::kEngineFailure}}));
    EXPECT_FALSE(isAccepted({strike}, {kTerminationError, {}}));
    EXPECT_FALSE(isAccepted({strike}, {"RangeError", {}}));
  }
  EXPECT_TRUE(isAccepted({Strike::kAllocationFailure}, {"", {Outcome::kOutOfMemory}}));
  EXPECT_FALSE(isAccepted({Strike::kCollection}, {"", {Outcome::kOutOfMemory}}));
}

TEST(RegistrationOracle, R7_UnderAStrikeTooOneInstanceIsToldOnce) {
  EXPECT_FALSE(isAccepted({Strike::kTerminated}, {"", {}}));
  EXPECT_FALSE(
      isAccepted({Strike::kTerminated}, {"", {Outcome::kRegistered, Outcome::kRegistered}}));
}

TEST(RegistrationOracle, R10_WhatWasNotEvenTriedLeavesNoEntry) {
  const ShimProgram program = listeningProgram();
  RegistrationOracle oracle(program);
  const Prediction prediction = oracle.instantiate(Way::kNew, Outcome::kOutOfMemory);
  EXPECT_EQ(prediction.outcome, Outcome::kOutOfMemory);
  EXPECT_EQ(prediction.error, "");
  EXPECT_EQ(oracle.reference().deliver(), 0U);
}

TEST(RegistrationOracle, R7_AnOlderEncodingIsUnreadableWhereItIsRead) {
  ShimProgram program = listeningProgram();
  program.fault = Fault::kOlderEncoding;
  EXPECT_EQ(outcomeOf(program), Outcome::kRegistered);
  program.module.globals.insert(program.module.globals.begin(),
                                {.type = ValueType::kFuncref, .is_imported = true});
  for (ExportPlan& exported : program.module.exports) ++exported.index;
  program.module.exports.back().index = 0;
  EXPECT_EQ(outcomeOf(program), Outcome::kUnreadableModule);
  program.module.exports.clear();
  EXPECT_EQ(outcomeOf(program), Outcome::kNotOptedIn);
}

}  // namespace
}  // namespace sigproof::fuzz
