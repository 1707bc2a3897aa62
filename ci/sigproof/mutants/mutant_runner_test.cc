#include "ci/sigproof/mutants/mutant_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/testing/fake_programs.h"

namespace sigproof::tool {
namespace {

using reports::Record;
using reports::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kModel = "model/a";
constexpr const char* kStepping = "stepping/b@O2";

std::string failing(const std::string& check) {
  Record record = fakeRecord(check, Verdict::kFailed);
  record.detail["trace"] = "the interleaving";
  return fakeCheckProgram(check, printing(record) + "; exit 1");
}

/// A mutant whose programs stand in the fake libexec.
Mutant mutantOf(const FakeWorkspace& fake, const std::vector<std::string>& checkers) {
  return {.name = "bug",
          .breaks = {"L3"},
          .origin = "where it comes from",
          .description = "what it does",
          .checkers = checkers,
          .missed_by = {},
          .accepted_because = "",
          .files = {},
          .libexec = fake.workspace().libexec};
}

Record recordOfMutant(const FakeWorkspace& fake, const Mutant& mutant) {
  return runMutant(fake.workspace(), mutant,
                   {.seed = 7,
                    .trials = {.seeds = 3, .seconds_each = 1},
                    .crash_directory = fake.folder() / "out/mutants"});
}

Record recordOf(const FakeWorkspace& fake, const std::vector<std::string>& checkers) {
  return recordOfMutant(fake, mutantOf(fake, checkers));
}

Attempt attemptOf(const std::string& checker, Outcome outcome) {
  Attempt attempt{checker, outcome, fakeRecord(checker, Verdict::kUnfinished)};
  if (outcome == Outcome::kCaught) attempt.record.verdict = Verdict::kFailed;
  if (outcome == Outcome::kMissed) attempt.record.verdict = Verdict::kPassed;
  return attempt;
}

/// What becomes of a mutant with these attempts.
Record settled(const Mutant& mutant, const std::vector<Attempt>& attempts) {
  Record record = blankMutantRecord(mutant, 7);
  settleMutant(record, mutant, attempts, "libexec");
  return record;
}

TEST(MutantRunner, ABugThatItsCheckerSeesIsCaught) {
  const FakeWorkspace fake;
  fake.addProgram("sigproof-models", failing(kModel));
  const Record record = recordOf(fake, {kModel});
  EXPECT_EQ(record.check, "mutant/bug");
  EXPECT_EQ(record.verdict, Verdict::kPassed);
  EXPECT_THAT(record.summary, HasSubstr("caught by model/a"));
  EXPECT_EQ(record.detail.at("executions_to_catch"), 12);
  EXPECT_EQ(record.detail.at("seconds_to_catch"), 0.5);
  EXPECT_EQ(record.detail.at("trace"), "the interleaving");
  EXPECT_EQ(record.detail.at("replay_of_the_catch"),
            "build/bin/sigproof --libexec libexec model replay model/a --state 7");
  ASSERT_EQ(record.detail.at("caught_by").size(), 1U);
  EXPECT_EQ(record.detail.at("caught_by").at(0).at("outcome"), "caught");
}

TEST(MutantRunner, EveryCheckerThatMustCatchItRunsAndMustCatchIt) {
  const FakeWorkspace fake;
  fake.addProgram("sigproof-models", failing(kModel));
  fake.addProgram("sigproof-stepping-O2", passingCheckProgram(kStepping));
  const Record record = recordOf(fake, {kModel, kStepping});
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_EQ(record.executions, 2U);
  EXPECT_THAT(record.summary, HasSubstr("not caught by stepping/b@O2"));
  EXPECT_EQ(record.detail.at("caught_by").at(0).at("outcome"), "caught");
  EXPECT_EQ(record.detail.at("caught_by").at(1).at("outcome"), "missed");
}

TEST(MutantRunner, ACanaryThatLivesSaysSo) {
  const FakeWorkspace fake;
  fake.addProgram("sigproof-models", passingCheckProgram(kModel));
  Mutant mutant = mutantOf(fake, {kModel});
  mutant.is_in_gate = true;
  const Record record = recordOfMutant(fake, mutant);
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_THAT(record.summary, HasSubstr("the canary lives: model/a must see this bug"));
  EXPECT_THAT(record.detail.at("canary_of"), ElementsAre(kModel));
}

TEST(MutantRunner, ABugThatIsAcceptedMustNotBeCaught) {
  const FakeWorkspace fake;
  Mutant mutant = mutantOf(fake, {});
  mutant.accepted_because = "core could use it";
  mutant.missed_by = {kModel};
  const Record accepted = settled(mutant, {attemptOf(kModel, Outcome::kMissed)});
  EXPECT_EQ(accepted.verdict, Verdict::kPassed);
  EXPECT_EQ(accepted.summary, "accepted: core could use it");
  const Record caught = settled(mutant, {attemptOf(kModel, Outcome::kCaught)});
  EXPECT_EQ(caught.verdict, Verdict::kFailed);
  EXPECT_THAT(caught.summary, HasSubstr("accepted because no check catches it, but model/a does"));
  for (const Outcome outcome : {Outcome::kNoVerdict, Outcome::kNotRun, Outcome::kDoesNotBuild}) {
    EXPECT_EQ(settled(mutant, {attemptOf(kModel, outcome)}).verdict, Verdict::kUnfinished);
  }
}

TEST(MutantRunner, APatchThatNoLongerAppliesFails) {
  const FakeWorkspace fake;
  const Record record =
      settled(mutantOf(fake, {kModel}), {attemptOf(kModel, Outcome::kDoesNotApply)});
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_THAT(record.summary, HasSubstr("does not apply"));
}

TEST(MutantRunner, WhatWasNotRunIsNoCatchAndNoPass) {
  const FakeWorkspace fake;
  const Record record =
      settled(mutantOf(fake, {kModel, kStepping}),
              {attemptOf(kModel, Outcome::kCaught), attemptOf(kStepping, Outcome::kNotRun)});
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_EQ(record.executions, 1U);
  EXPECT_THAT(record.summary, HasSubstr("stepping/b@O2 (not run)"));
}

TEST(MutantRunner, ACheckerOfAllThatMissesItIsNoFault) {
  const FakeWorkspace fake;
  const Record record = settled(mutantOf(fake, {kModel}), {attemptOf(kModel, Outcome::kCaught),
                                                           attemptOf(kStepping, Outcome::kMissed)});
  EXPECT_EQ(record.verdict, Verdict::kPassed);
}

TEST(MutantRunner, ABugThatNobodySeesSurvives) {
  const FakeWorkspace fake;
  fake.addProgram("sigproof-models", passingCheckProgram(kModel));
  const Record record = recordOf(fake, {kModel});
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_THAT(record.summary, HasSubstr("survived"));
}

TEST(MutantRunner, ACrashByItselfIsNoCatch) {
  const FakeWorkspace fake;
  fake.addProgram("sigproof-models", fakeCheckProgram(kModel, "kill -SEGV $$"));
  const Record record = recordOf(fake, {kModel});
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_THAT(record.summary, HasSubstr("model/a (crashed: signal 11"));
}

TEST(MutantRunner, ASanitizersReportIsACatch) {
  const FakeWorkspace fake;
  fake.addProgram(
      "sigproof-models",
      fakeCheckProgram(kModel,
                       "echo 'SUMMARY: AddressSanitizer: heap-use-after-free a.h:1' >&2; "
                       "kill -ABRT $$"));
  EXPECT_EQ(recordOf(fake, {kModel}).verdict, Verdict::kPassed);
}

TEST(MutantRunner, ABugWhoseCatchCanNotBeExplainedIsCaught) {
  const FakeWorkspace fake;
  fake.addProgram(
      "sigproof-models",
      fakeCheckProgram(kModel, "echo 'SIGPROOF VIOLATION L3: freed' >&2; kill -KILL $$"));
  const Record killed = recordOf(fake, {kModel});
  EXPECT_EQ(killed.verdict, Verdict::kPassed);
  EXPECT_THAT(killed.summary, HasSubstr("L3: freed"));
  EXPECT_THAT(killed.detail.at("not_explained").get<std::string>(), HasSubstr("signal 9"));

  Attempt odd = attemptOf(kModel, Outcome::kCaught);
  odd.record.detail = {{"median_s", "a text"}};
  EXPECT_EQ(settled(mutantOf(fake, {kModel}), {odd}).verdict, Verdict::kPassed);
}

TEST(MutantRunner, WhatItsCheckerSkipsIsSkippedAndNeverCaught) {
  const FakeWorkspace fake;
  fake.addProgram(
      "sigproof-peer",
      fakeCheckProgram("fuzz/peer",
                       printing(fakeRecord("fuzz/peer", Verdict::kSkipped)) + "; exit 3"));
  fake.addProgram("sigproof-models", failing(kModel));
  for (const auto& checkers : {std::vector<std::string>{"fuzz/peer"}, {kModel, "fuzz/peer"}}) {
    const Record record = recordOf(fake, checkers);
    EXPECT_EQ(record.verdict, Verdict::kSkipped);
    EXPECT_THAT(record.summary, HasSubstr("without a verdict: fuzz/peer"));
  }
  EXPECT_EQ(recordOf(fake, {"fuzz/peer", "model/of_no_program"}).verdict, Verdict::kUnfinished);
}

TEST(MutantRunner, ThePeerEndsWithItsFirstFindingWhichIsKeptWithTheMutants) {
  const FakeWorkspace fake;
  Record record = fakeRecord("fuzz/peer", Verdict::kFailed);
  fake.addProgram(
      "sigproof-peer",
      fakeCheckProgram("fuzz/peer", R"(case "$*" in *--first*--new-findings\ *out/mutants/bug*) ;;
*) exit 1 ;; esac; )" + printing(record) +
                                        "; exit 1"));
  EXPECT_EQ(recordOf(fake, {"fuzz/peer"}).verdict, Verdict::kPassed);
}

TEST(MutantRunner, AMissingCheckerIsNoVerdict) {
  const FakeWorkspace fake;
  EXPECT_EQ(recordOf(fake, {"model/of_no_program"}).verdict, Verdict::kUnfinished);
  EXPECT_EQ(recordOf(fake, {"fuzz/not_built"}).verdict, Verdict::kUnfinished);
  EXPECT_EQ(recordOf(fake, {}).verdict, Verdict::kUnfinished);
}

TEST(MutantRunner, AFuzzTargetHasSeveralSeeds) {
  const FakeWorkspace fake;
  fake.addProgram("fuzz-list", fakeFuzzer(R"(case "$*" in
  *-seed=9*) echo 'SIGPROOF VIOLATION L3: seen after its end' >&2
             echo input > "${artifacts}crash-1"; exit 77 ;;
esac)"));
  const Record record = recordOf(fake, {"fuzz/list"});
  EXPECT_EQ(record.verdict, Verdict::kPassed) << record.summary;
  EXPECT_EQ(record.detail.at("executions_to_catch"), 3000);
  EXPECT_EQ(record.detail.at("replay_of_the_catch"),
            "build/bin/sigproof --libexec libexec repro fuzz/list out/mutants/bug/crash-1");
}

nlohmann::json catalogueEntry() {
  return {{"name", "bug"},         {"breaks", {"L3"}},       {"origin", "o"},
          {"description", "d"},    {"checkers", {kModel}},   {"missed_by", nlohmann::json::array()},
          {"files", {"core/a.h"}}, {"accepted_because", ""}, {"gate", true},
          {"libexec", "/libexec"}};
}

TEST(MutantRunner, TheCatalogueIsReadWhole) {
  const FakeWorkspace fake;
  nlohmann::json accepted = catalogueEntry();
  accepted["checkers"] = nlohmann::json::array();
  accepted["missed_by"] = {"model/c"};
  accepted["accepted_because"] = "safe";
  accepted["gate"] = false;
  fake.addFile("mutants/catalogue.json", nlohmann::json{catalogueEntry(), accepted}.dump());
  const std::vector<Mutant> mutants = readCatalogue(fake.workspace());
  ASSERT_EQ(mutants.size(), 2U);
  EXPECT_THAT(mutants[0].checkers, ElementsAre(kModel));
  EXPECT_THAT(mutants[0].files, ElementsAre("core/a.h"));
  EXPECT_EQ(mutants[0].libexec, "/libexec");
  EXPECT_TRUE(mutants[0].is_in_gate && !mutants[0].isAccepted());
  EXPECT_THAT(mutants[1].missed_by, ElementsAre("model/c"));
  EXPECT_EQ(mutants[1].accepted_because, "safe");
  EXPECT_TRUE(mutants[1].isAccepted() && !mutants[1].is_in_gate);
}

TEST(MutantRunner, ACatalogueThatLacksAnythingIsRefused) {
  const FakeWorkspace fake;
  EXPECT_THROW(readCatalogue(fake.workspace()), UserError) << "there is none";
  fake.addFile("mutants/catalogue.json", R"([{"name": "bug", "bre)");
  EXPECT_THROW(readCatalogue(fake.workspace()), UserError) << "it ends too early";
  const nlohmann::json whole = catalogueEntry();
  for (const auto& member : whole.items()) {
    nlohmann::json lacking = whole;
    lacking.erase(member.key());
    fake.addFile("mutants/catalogue.json", nlohmann::json::array({lacking}).dump());
    EXPECT_THROW(readCatalogue(fake.workspace()), UserError) << "without " << member.key();
  }
}

TEST(MutantRunner, ACatchByACheckThatFailsAnywayShowsNothing) {
  Record mutant = fakeRecord("mutant/bug", Verdict::kPassed);
  mutant.kind = reports::Kind::kMutant;
  mutant.detail["caught_by"] = {{{"check", kModel}}};
  std::vector<Record> sound{fakeRecord(kModel, Verdict::kPassed), mutant};
  std::vector<Record> unsound{fakeRecord(kModel, Verdict::kFailed), mutant};
  distrustCatchesByFailingChecks(sound);
  distrustCatchesByFailingChecks(unsound);
  EXPECT_EQ(sound[1].verdict, Verdict::kPassed);
  EXPECT_EQ(unsound[1].verdict, Verdict::kUnfinished);
}

}  // namespace
}  // namespace sigproof::tool
