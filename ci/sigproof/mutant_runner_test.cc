#include "ci/sigproof/mutant_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ci/sigproof/fake_programs.h"
#include "ci/sigproof/user_error.h"

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
Record recordOf(const FakeWorkspace& fake, const std::vector<std::string>& checkers) {
  const Mutant mutant{.name = "bug",
                      .breaks = {"L3"},
                      .origin = "where it comes from",
                      .description = "what it does",
                      .checkers = checkers,
                      .libexec = fake.workspace().libexec};
  return runMutant(
      fake.workspace(), mutant,
      {.seed = 7, .fuzz_seconds = 3, .crash_directory = fake.folder() / "out/mutants"});
}

TEST(MutantRunner, ABugThatTheFirstCheckerSeesIsCaughtByIt) {
  const FakeWorkspace fake;
  fake.addProgram("sigproof-models", failing(kModel));
  const Record record = recordOf(fake, {kModel, kStepping});
  EXPECT_EQ(record.check, "mutant/bug");
  EXPECT_EQ(record.verdict, Verdict::kPassed);
  EXPECT_THAT(record.summary, HasSubstr("caught by model/a"));
  EXPECT_EQ(record.detail.at("executions_to_catch"), 12);
  EXPECT_EQ(record.detail.at("seconds_to_catch"), 0.5);
  EXPECT_EQ(record.detail.at("trace"), "the interleaving");
  EXPECT_EQ(record.detail.at("replay_of_the_catch"),
            "build/bin/sigproof --libexec libexec model replay model/a --state 7");
  EXPECT_EQ(record.detail.at("caught_by").size(), 1U);
}

TEST(MutantRunner, CheckersRunInOrderUntilOneCatches) {
  const FakeWorkspace fake;
  fake.addProgram("sigproof-models", passingCheckProgram(kModel));
  fake.addProgram("sigproof-stepping-O2", failing(kStepping));
  const Record record = recordOf(fake, {kModel, kStepping, "fuzz/list"});
  EXPECT_EQ(record.verdict, Verdict::kPassed);
  EXPECT_EQ(record.executions, 2U);
  EXPECT_EQ(record.detail.at("caught_by").at(0).at("verdict"), "passed");
  EXPECT_EQ(record.detail.at("caught_by").at(1).at("check"), kStepping);
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

TEST(MutantRunner, ASkippedOrMissingCheckerIsNoVerdict) {
  const FakeWorkspace fake;
  fake.addProgram("sigproof-models", fakeCheckProgram(kModel, "exit 3"));
  EXPECT_EQ(recordOf(fake, {kModel}).verdict, Verdict::kUnfinished);
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

TEST(MutantRunner, TheCatalogueIsReadWholeOrRefused) {
  const FakeWorkspace fake;
  EXPECT_THROW(readCatalogue(fake.workspace()), UserError);
  fake.addFile("mutants/catalogue.json", R"([{"name": "bug", "bre)");
  EXPECT_THROW(readCatalogue(fake.workspace()), UserError);
  fake.addFile("mutants/catalogue.json",
               R"([{"name": "bug", "breaks": ["L3"], "origin": "o", "description": "d",
                    "checkers": ["model/a"], "libexec": "/libexec"}])");
  const std::vector<Mutant> mutants = readCatalogue(fake.workspace());
  ASSERT_EQ(mutants.size(), 1U);
  EXPECT_THAT(mutants[0].checkers, ElementsAre("model/a"));
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
