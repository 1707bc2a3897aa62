#include "ci/sigproof/fuzz/fuzz_trials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ci/sigproof/testing/fake_programs.h"

namespace sigproof::tool {
namespace {

using reports::Record;
using reports::Verdict;
using testing::HasSubstr;

/// A target that sees the bug with the seeds that match `pattern`, of shell.
Record trials(const std::string& pattern, const FuzzTrials& trials) {
  const FakeWorkspace fake;
  fake.addProgram("fuzz-list", fakeFuzzer("case \"$*\" in\n  " + pattern + R"()
             echo 'SIGPROOF VIOLATION L3: seen after its end' >&2
             echo input > "${artifacts}crash-1"; exit 77 ;;
esac)"));
  return runFuzzTrials(fake.workspace(),
                       {.target = "list", .seed = 7, .crash_directory = fake.folder() / "out"},
                       trials);
}

constexpr FuzzTrials kUntilCaught{.seeds = 3, .seconds_each = 1};
constexpr FuzzTrials kAll{.seeds = 3, .seconds_each = 1, .are_all_run = true};

TEST(FuzzTrials, TheFirstSeedThatSeesTheBugIsTheLast) {
  const Record record = trials("*-seed=8*", kUntilCaught);
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_EQ(record.seed, "8");
  EXPECT_EQ(record.executions, 2000U);
  EXPECT_FALSE(record.detail.contains("seeds"));
}

TEST(FuzzTrials, ABugThatNoSeedSeesIsMissed) {
  EXPECT_EQ(trials("*-seed=1*", kUntilCaught).verdict, Verdict::kPassed);
  const Record record = trials("*-seed=1*", kAll);
  EXPECT_EQ(record.verdict, Verdict::kPassed);
  EXPECT_THAT(record.summary, HasSubstr("only 0 of 3 seeds"));
  EXPECT_FALSE(record.detail.contains("median_s") || record.detail.contains("least_s"));
}

TEST(FuzzTrials, WhereAllRunTheMedianDecides) {
  const Record caught = trials("*-seed=7*|*-seed=9*", kAll);
  EXPECT_EQ(caught.verdict, Verdict::kFailed);
  EXPECT_THAT(caught.summary, HasSubstr("2 of 3 seeds, median "));
  ASSERT_EQ(caught.detail.at("seeds").size(), 3U);
  EXPECT_EQ(caught.detail.at("seeds").at(1).at("is_caught"), false);
  EXPECT_LE(caught.detail.at("least_s"), caught.detail.at("median_s"));
  EXPECT_LE(caught.detail.at("median_s"), caught.detail.at("most_s"));
  EXPECT_EQ(caught.executions, 3000U);
  const Record lucky = trials("*-seed=8*", kAll);
  EXPECT_EQ(lucky.verdict, Verdict::kPassed);
  EXPECT_THAT(lucky.summary, HasSubstr("only 1 of 3 seeds"));
}

TEST(FuzzTrials, ASeedWithoutAVerdictEndsThem) {
  const FakeWorkspace fake;
  fake.addProgram("fuzz-list", fakeFuzzer("kill -SEGV $$"));
  const Record record =
      runFuzzTrials(fake.workspace(),
                    {.target = "list", .seed = 7, .crash_directory = fake.folder() / "out"}, kAll);
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_EQ(record.seed, "7");
}

}  // namespace
}  // namespace sigproof::tool
