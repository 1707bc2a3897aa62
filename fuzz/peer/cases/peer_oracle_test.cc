#include "fuzz/peer/cases/peer_oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/registry/registration_outcome.h"
#include "fuzz/peer/cases/peer_program.h"

namespace sigproof::peer {
namespace {

using fuzz::ExternalKind;
using fuzz::ValueType;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

constexpr std::uint32_t kFilled = 0xDEADBEEF;

PeerProgram plain() { return fixedPrograms().front().program; }

// With a terminated word at `address`, of a type.
PeerProgram withTerminated(std::uint64_t address, ValueType type = ValueType::kI32) {
  PeerProgram program = plain();
  program.shim.module.globals.push_back({.type = type, .bits = address});
  program.shim.module.exports.push_back({"__instance_terminated", ExternalKind::kGlobal, 1});
  return program;
}

// What a side shows that does nothing wrong.
Verdict rightAnswer(const PeerProgram& program) { return expect(program).verdict; }

// The rules that are broken by a side that shows `seen`.
std::vector<std::string> rulesBroken(const PeerProgram& program, const Verdict& seen) {
  std::vector<std::string> rules;
  for (const Deviation& deviation : judge(program, expect(program), seen)) {
    rules.emplace_back(deviation.rule.id());
  }
  return rules;
}

// What a side shows that takes the module for one that hasn't opted in.
Verdict untouchedAnswer(const PeerProgram& program) {
  Verdict seen = rightAnswer(program);
  seen.memory = expect(program).untouched;
  return seen;
}

// What a side shows that zeroes the word at an address, a multiple of 4.
Verdict zeroedAnswer(const PeerProgram& program, std::uint64_t address) {
  Verdict seen = rightAnswer(program);
  std::erase_if(seen.memory->words, [&](const auto& word) { return word.first == address; });
  return seen;
}

TEST(PeerOracle, R6_APlainModulesWordIsZeroedAndNothingElse) {
  const Expectation expected = expect(plain());
  EXPECT_EQ(expected.outcome, RegistrationOutcome::kRegistered);
  EXPECT_THAT(expected.verdict.memory->words, IsEmpty());
  EXPECT_THAT(expected.untouched->words, ElementsAre(std::pair(8, kFilled)));
  EXPECT_THAT(judge(plain(), expected, expected.verdict), IsEmpty());
}

TEST(PeerOracle, R6_RefusesAWordThatIsNotZeroed) {
  EXPECT_THAT(judge(plain(), expect(plain()), untouchedAnswer(plain())),
              ElementsAre(Field(&Deviation::fault, Fault::kMisses)));
}

TEST(PeerOracle, R6_RefusesAnotherByteThatIsChanged) {
  Verdict seen = rightAnswer(plain());
  seen.memory->words.emplace_back(12, 1);
  EXPECT_THAT(judge(plain(), expect(plain()), seen),
              ElementsAre(Field(&Deviation::fault, Fault::kOtherBytes)));
}

TEST(PeerOracle, R6_RefusesAWordThatIsZeroedInPart) {
  Verdict seen = rightAnswer(plain());
  seen.memory->words.emplace_back(8, kFilled & 0xFF000000);
  EXPECT_THAT(rulesBroken(plain(), seen), ElementsAre("R6"));
}

TEST(PeerOracle, R1_RefusesAFloatThatIsTakenForAnAddress) {
  PeerProgram program = plain();
  program.shim.module.globals[0].type = ValueType::kF32;
  EXPECT_THAT(rulesBroken(program, rightAnswer(program)), IsEmpty());
  EXPECT_THAT(rulesBroken(program, zeroedAnswer(program, 8)), ElementsAre("R1"));
}

TEST(PeerOracle, R1_RefusesATerminatedWordOfAWrongTypeThatIsNotTakenAsAbsent) {
  const PeerProgram program = withTerminated(16, ValueType::kI64);
  EXPECT_THAT(rulesBroken(program, rightAnswer(program)), IsEmpty());
  EXPECT_THAT(rulesBroken(program, untouchedAnswer(program)), ElementsAre("R1"));
}

TEST(PeerOracle, R1_RefusesA64BitMemoryWhoseAddressIsNotRead) {
  PeerProgram program = plain();
  program.shim.module.memory->is_memory64 = true;
  program.shim.module.globals[0].type = ValueType::kI64;
  EXPECT_THAT(rulesBroken(program, rightAnswer(program)), IsEmpty());
  EXPECT_THAT(rulesBroken(program, untouchedAnswer(program)), ElementsAre("R1"));
}

TEST(PeerOracle, R2_RefusesAnAddressAbove2GiBThatIsTakenForNegative) {
  PeerProgram program = plain();
  program.shim.module.memory->initial_pages = 32769;
  program.shim.module.globals[0].bits = 0x80000000;
  EXPECT_THAT(rulesBroken(program, rightAnswer(program)), IsEmpty());
  EXPECT_THAT(rulesBroken(program, untouchedAnswer(program)), ElementsAre("R2"));
}

TEST(PeerOracle, R3_RefusesAWriteOfAWordThatIsPartlyOutside) {
  PeerProgram program = plain();
  program.shim.module.globals[0].bits = fuzz::kPageSizeBytes - 3;
  EXPECT_THAT(rulesBroken(program, rightAnswer(program)), IsEmpty());
  EXPECT_THAT(rulesBroken(program, zeroedAnswer(program, fuzz::kPageSizeBytes - 4)),
              ElementsAre("R3"));
}

TEST(PeerOracle, R4_RefusesASignalWordThatIsTakenWithoutTheOtherOne) {
  const PeerProgram program = withTerminated(fuzz::kPageSizeBytes);
  EXPECT_THAT(rulesBroken(program, rightAnswer(program)), IsEmpty());
  EXPECT_THAT(rulesBroken(program, zeroedAnswer(program, 8)), ElementsAre("R4"));
}

TEST(PeerOracle, R4_RefusesWordsThatOverlap) {
  const PeerProgram program = withTerminated(8);
  EXPECT_THAT(rulesBroken(program, rightAnswer(program)), IsEmpty());
  EXPECT_THAT(rulesBroken(program, zeroedAnswer(program, 8)), ElementsAre("R4"));
}

TEST(PeerOracle, R5_RefusesAWriteToAMemoryThatIsNotTheModules) {
  PeerProgram program = plain();
  program.shim.has_decoy_memory = true;
  Verdict seen = rightAnswer(program);
  seen.decoy = expect(program).decoy;
  EXPECT_THAT(rulesBroken(program, seen), IsEmpty());
  seen.decoy->words.clear();
  EXPECT_THAT(rulesBroken(program, seen), ElementsAre("R5"));
}

TEST(PeerOracle, R5_RefusesAnImportedMemoryThatIsNotFound) {
  PeerProgram program = plain();
  program.shim.module.memory->is_imported = true;
  program.shim.module.memory->given_pages = 1;
  EXPECT_THAT(rulesBroken(program, rightAnswer(program)), IsEmpty());
  EXPECT_THAT(rulesBroken(program, untouchedAnswer(program)), ElementsAre("R5"));
}

TEST(PeerOracle, R5_RefusesAWriteToASecondMemory) {
  const PeerProgram program = fixedPrograms()[1].program;
  ASSERT_TRUE(program.has_second_memory);
  EXPECT_EQ(expect(program).outcome, RegistrationOutcome::kNoReachableMemory);
  Verdict seen = rightAnswer(program);
  seen.stray = expect(program).stray;
  EXPECT_THAT(rulesBroken(program, seen), IsEmpty());
  seen.stray->words.clear();
  EXPECT_THAT(rulesBroken(program, seen), ElementsAre("R5"));
}

TEST(PeerOracle, R7_RefusesAnotherEndOfTheInstantiation) {
  Verdict seen = rightAnswer(plain());
  seen.error = "RangeError";
  EXPECT_THAT(rulesBroken(plain(), seen), ElementsAre("R7"));
  PeerProgram trapping = plain();
  trapping.shim.module.start = {{.kind = fuzz::StartAction::Kind::kTrap}};
  EXPECT_EQ(rightAnswer(trapping).error, "RuntimeError");
  seen.error = "";
  EXPECT_THAT(rulesBroken(trapping, seen), ElementsAre("R7"));
}

TEST(PeerOracle, R7_RefusesAnObserverThatIsToldSomethingElse) {
  Verdict seen = rightAnswer(plain());
  seen.outcomes = {{RegistrationOutcome::kRegistered, 1}};
  EXPECT_THAT(rulesBroken(plain(), seen), IsEmpty());
  seen.outcomes = {{RegistrationOutcome::kOverlap, 1}};
  EXPECT_THAT(rulesBroken(plain(), seen), ElementsAre("R7"));
  seen.outcomes->clear();
  EXPECT_THAT(rulesBroken(plain(), seen), ElementsAre("R7"));
}

TEST(PeerOracle, R7_RefusesAProcessThatDied) {
  Verdict seen;
  seen.died = "crashed: signal 11";
  EXPECT_THAT(judge(plain(), expect(plain()), seen),
              ElementsAre(Field(&Deviation::fault, Fault::kDied)));
}

TEST(PeerOracle, R9_RefusesAnEntryBeyondTheLimit) {
  const PeerProgram program = fixedPrograms().back().program;
  ASSERT_GT(program.instances, 1u);
  EXPECT_EQ(expect(program).outcome, RegistrationOutcome::kTooManyEntries);
  EXPECT_THAT(rulesBroken(program, rightAnswer(program)), IsEmpty());
  EXPECT_THAT(rulesBroken(program, zeroedAnswer(program, 8)), ElementsAre("R9"));
}

TEST(PeerOracle, T2_RefusesAnotherPrototypeAndACallWithoutNewThatSucceeds) {
  Verdict seen = rightAnswer(plain());
  seen.has_right_prototype = false;
  EXPECT_THAT(rulesBroken(plain(), seen), ElementsAre("T2"));
  PeerProgram called = plain();
  called.shim.ways = {fuzz::Way::kCallConstructor};
  EXPECT_EQ(rightAnswer(called).error, "TypeError");
  EXPECT_THAT(rulesBroken(called, rightAnswer(plain())), ElementsAre("T2"));
}

TEST(PeerOracle, T3_RefusesAPromiseThatSettlesATickLater) {
  PeerProgram program = plain();
  program.shim.ways = {fuzz::Way::kInstantiateModule};
  Verdict seen = rightAnswer(program);
  ASSERT_EQ(seen.ticks, std::optional(1u));
  seen.ticks = 2;
  EXPECT_THAT(rulesBroken(program, seen), ElementsAre("T3"));
}

TEST(PeerOracle, T6_RefusesImportsThatAreReadTwice) {
  PeerProgram program = plain();
  program.shim.module.imports_function = true;
  program.shim.imports = fuzz::ImportStyle::kGetters;
  Verdict seen = rightAnswer(program);
  ASSERT_EQ(seen.reads, std::optional(2u));
  seen.reads = 4;
  EXPECT_THAT(rulesBroken(program, seen), ElementsAre("T6"));
}

TEST(PeerOracle, LeavesHowFarAMemoryGrowsToTheEngine) {
  Verdict seen = rightAnswer(plain());
  seen.memory->length *= 2;
  EXPECT_THAT(rulesBroken(plain(), seen), IsEmpty());
}

TEST(PeerOracle, NamesACauseByWhatTheProgramHasBesideThePlainest) {
  const PeerProgram program = withTerminated(8);
  const Deviation overlap = judge(program, expect(program), zeroedAnswer(program, 8)).front();
  EXPECT_EQ(signatureOf(program, expect(program), overlap, "workerd"),
            "r4-workerd-registers-overlap");
}

TEST(PeerOracle, TwoReasonsForTheSameRuleAreTwoDeviations) {
  const Deviation overlap{Fault::kRegisters, "R4", "", RegistrationOutcome::kOverlap};
  const Deviation outside{Fault::kRegisters, "R4", "", RegistrationOutcome::kOutOfBounds};
  EXPECT_FALSE(isSameDeviation(overlap, outside));
  EXPECT_TRUE(isSameDeviation(overlap, overlap));
}

}  // namespace
}  // namespace sigproof::peer
