#include "ci/sigproof/mutants/mutant_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "ci/sigproof/testing/fake_programs.h"

namespace sigproof::tool {
namespace {

using reports::Record;
using reports::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kChecker = "model/a";

/// Production programs in libexec, a mutant's in a folder of its own.
class MutantMatrix : public testing::Test {
 protected:
  MutantMatrix() { fake_.addProgram("sigproof-models", passingCheckProgram(kChecker)); }

  Mutant mutant(const std::string& name, Verdict verdict) const {
    const std::filesystem::path libexec = fake_.folder() / "libexec" / name;
    std::filesystem::create_directories(libexec);
    const std::string exit = verdict == Verdict::kFailed ? "; exit 1" : "";
    fake_.addProgram(name + "/sigproof-models",
                     fakeCheckProgram(kChecker, printing(fakeRecord(kChecker, verdict)) + exit));
    return {.name = name,
            .breaks = {"L3"},
            .origin = "",
            .description = "",
            .checkers = {kChecker},
            .missed_by = {},
            .accepted_because = "",
            .files = {},
            .libexec = libexec};
  }

  std::vector<Record> run(const std::vector<Mutant>& mutants, double budget_minutes = 1) const {
    return runMatrix(fake_.workspace(), mutants, mutants,
                     {.is_building = false,
                      .budget_minutes = budget_minutes,
                      .seed = 7,
                      .crash_directory = fake_.folder() / "crashes",
                      .style = Progress::Style::kQuiet});
  }

  FakeWorkspace fake_;
};

TEST_F(MutantMatrix, TheControlStandsBeforeTheMutants) {
  const auto records = run({mutant("seen", Verdict::kFailed), mutant("unseen", Verdict::kPassed)});
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].check, kChecker);
  EXPECT_EQ(records[0].verdict, Verdict::kPassed);
  EXPECT_EQ(records[1].check, "mutant/seen");
  EXPECT_EQ(records[1].verdict, Verdict::kPassed);
  EXPECT_EQ(records[2].check, "mutant/unseen");
  EXPECT_EQ(records[2].verdict, Verdict::kFailed);
}

TEST_F(MutantMatrix, ACheckerThatFailsOnTheControlCatchesNothing) {
  fake_.addProgram(
      "sigproof-models",
      fakeCheckProgram(kChecker, printing(fakeRecord(kChecker, Verdict::kFailed)) + "; exit 1"));
  const auto records = run({mutant("seen", Verdict::kFailed)});
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].verdict, Verdict::kUnfinished);
  EXPECT_THAT(records[1].summary, HasSubstr("shows nothing"));
}

TEST_F(MutantMatrix, WhatTheBudgetHasNoTimeForIsNotRunAndNotPassed) {
  const auto records = run({mutant("seen", Verdict::kFailed)}, 0);
  ASSERT_EQ(records.size(), 1U) << "the control was not run either";
  EXPECT_EQ(records[0].verdict, Verdict::kUnfinished);
  EXPECT_THAT(records[0].summary, HasSubstr("model/a (not run)"));
  EXPECT_EQ(records[0].executions, 0U);
}

TEST_F(MutantMatrix, EveryCheckerOfTheCatalogueComesAfterAMutantsOwn) {
  Mutant one = mutant("one", Verdict::kFailed);
  Mutant two = mutant("two", Verdict::kFailed);
  two.checkers = {"fuzz/list", kChecker};
  two.missed_by = {"unit/core/a_test"};
  EXPECT_THAT(checkersFor(one, {two, one}, false), ElementsAre(kChecker));
  EXPECT_THAT(checkersFor(one, {two, one}, true),
              ElementsAre(kChecker, "fuzz/list", "unit/core/a_test"));
}

TEST_F(MutantMatrix, ACampaignLeavesOutWhatNoFuzzTargetMustCatch) {
  Mutant by_both = mutant("by_both", Verdict::kFailed);
  by_both.checkers = {kChecker, "fuzz/list"};
  const Mutant by_another = mutant("by_another", Verdict::kFailed);
  const std::vector<Mutant> left = forFuzzTargetsAlone({by_another, by_both});
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].name, "by_both");
  EXPECT_THAT(left[0].checkers, ElementsAre("fuzz/list"));
}

}  // namespace
}  // namespace sigproof::tool
