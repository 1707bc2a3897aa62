#include "ci/sigproof/commands/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "ci/sigproof/output/summary.h"
#include "ci/sigproof/process/interruption.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/runs/job_pool.h"
#include "ci/sigproof/testing/fake_programs.h"
#include "reports/report_writer.h"

namespace sigproof::tool {
namespace {

namespace fs = std::filesystem;
using reports::Record;
using reports::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Every kind of check, all of them passing.
class WholeRun : public testing::Test {
 protected:
  WholeRun() {
    fake_.addProgram("sigproof-models", passingCheckProgram("model/a"));
    fake_.addProgram("sigproof-stepping-O0", passingCheckProgram("stepping/b@O0"));
    fake_.addProgram("sigproof-stepping-O2", passingCheckProgram("stepping/b@O2"));
    fake_.addProgram("sigproof-real-modules", passingCheckProgram("real-module/c"));
    fake_.addProgram("sigproof-peer", passingCheckProgram("fuzz/peer"));
    fake_.addProgram("fuzz-list", fakeFuzzer("exit 0"));
    fake_.addProgram("replay-list", fakeFuzzer("executions=1; exit 0"));
    fake_.addFile("corpus/seeds/list/1", "seed");
    fake_.addFile("mutants/catalogue.json", "[]");
  }

  fs::path out() const { return fake_.folder() / "out"; }

  int run(std::vector<std::string> only = {}) const {
    return verify(fake_.workspace(), {.out = out(),
                                      .seconds_per_target = 1,
                                      .seed = 7,
                                      .only = std::move(only),
                                      .style = Progress::Style::kQuiet,
                                      .command = "sigproof verify"});
  }

  std::vector<std::string> checksInReport() const {
    std::vector<std::string> names;
    for (const Record& record : reports::readResults(out() / "results.json").second) {
      names.push_back(record.check);
    }
    return names;
  }

  const FakeWorkspace fake_;
};

TEST_F(WholeRun, RunsEveryKindAndWritesTheReport) {
  EXPECT_EQ(run(), 0);
  EXPECT_THAT(checksInReport(),
              ElementsAre("model/a", "stepping/b@O0", "stepping/b@O2", "fuzz/list-corpus",
                          "real-module/c", "fuzz/list", "fuzz/peer"));
  EXPECT_EQ(reports::readResults(out() / "results.json").first.seed, "7");
  EXPECT_TRUE(fs::exists(out() / "index.html"));
  EXPECT_TRUE(fs::exists(out() / "junit.xml"));
}

TEST_F(WholeRun, OneFailureFailsItAndIsInTheReport) {
  fake_.addProgram(
      "sigproof-models",
      fakeCheckProgram("model/a", printing(fakeRecord("model/a", Verdict::kFailed)) + "; exit 1"));
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(reports::readResults(out() / "results.json").second.front().verdict, Verdict::kFailed);
}

TEST_F(WholeRun, ACrashFailsIt) {
  fake_.addProgram("sigproof-stepping-O0", fakeCheckProgram("stepping/b@O0", "kill -SEGV $$"));
  EXPECT_EQ(run(), 1);
}

TEST_F(WholeRun, ASkippedCheckDoesNotFailItAndAllSkippedDo) {
  fake_.addProgram("sigproof-models", fakeCheckProgram("model/a", "exit 3"));
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(run({"model/*"}), 1) << "nothing was checked";
}

TEST_F(WholeRun, OnlyWhatIsAskedForRunsAndMustBeBuilt) {
  fs::remove(fake_.workspace().libexec / "fuzz-list");
  EXPECT_EQ(run({"model/*", "stepping/*@O2"}), 0);
  EXPECT_THAT(checksInReport(), ElementsAre("model/a", "stepping/b@O2"));
  EXPECT_THROW(run(), UserError);
  EXPECT_THROW(run({"model/of_no_program"}), UserError);
}

TEST_F(WholeRun, AnOutThatCantBeWrittenIsRefusedBeforeAnythingRuns) {
  fake_.addProgram("sigproof-models", "touch " + (fake_.folder() / "it-ran").string());
  fake_.addFile("out", "a file stands where the folder should be");
  EXPECT_THROW(run(), UserError);
  EXPECT_FALSE(fs::exists(fake_.folder() / "it-ran"));
  EXPECT_EQ(fileContent(out()), "a file stands where the folder should be");
}

TEST_F(WholeRun, AReportThatCanNotBeWrittenInTheEndCostsNoVerdict) {
  const std::string spoils = "rm -rf " + out().string() + "; touch " + out().string() + "; ";
  const auto end_with = [&](Verdict verdict, const std::string& exit) {
    fs::remove_all(out());
    fake_.addProgram("sigproof-models",
                     fakeCheckProgram("model/a", spoils + printing(fakeRecord("model/a", verdict)) +
                                                     "; exit " + exit));
    testing::internal::CaptureStdout();
    const int status = run({"model/*"});
    EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("1 checks"));
    return status;
  };
  EXPECT_EQ(end_with(Verdict::kFailed, "1"), 1);
  EXPECT_EQ(end_with(Verdict::kPassed, "0"), 2) << "nobody may take it for a whole run";
}

TEST_F(WholeRun, AnInterruptionLeavesTheFormerReport) {
  ASSERT_EQ(run(), 0);
  const std::string former = fileContent(out() / "results.json");
  fake_.addProgram("sigproof-models", fakeCheckProgram("model/a", "sleep 600"));
  std::jthread interrupter([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    setInterrupted(true);
  });
  EXPECT_THROW(run(), Interrupted);
  setInterrupted(false);
  EXPECT_EQ(fileContent(out() / "results.json"), former);
}

TEST(JobPool, KeepsTheOrderOfTheJobs) {
  std::vector<Job> jobs;
  for (int i = 0; i < 20; ++i) {
    const std::string check = "model/" + std::to_string(i);
    jobs.push_back({check, [check] { return fakeRecord(check, Verdict::kPassed); }});
  }
  Progress progress(Progress::Style::kQuiet);
  const std::vector<Record> records = runJobs(jobs, 4, progress);
  ASSERT_EQ(records.size(), jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) EXPECT_EQ(records[i].check, jobs[i].check);
}

TEST_F(WholeRun, OnlyTheCanariesAmongTheKnownBugsRunInTheGate) {
  nlohmann::json canary{{"name", "canary"},
                        {"breaks", {"L3"}},
                        {"origin", ""},
                        {"description", ""},
                        {"checkers", {"model/a"}},
                        {"missed_by", nlohmann::json::array()},
                        {"accepted_because", ""},
                        {"files", nlohmann::json::array()},
                        {"gate", true},
                        {"libexec", fake_.workspace().libexec.string()}};
  nlohmann::json other = canary;
  other["name"] = "other";
  other["gate"] = false;
  fake_.addFile("mutants/catalogue.json", nlohmann::json{canary, other}.dump());
  EXPECT_EQ(run({"mutant/*"}), 1) << "model/a passes, so the canary lives";
  EXPECT_THAT(checksInReport(), ElementsAre("mutant/canary"));
}

TEST(JobPool, AnExceptionEndsTheRun) {
  int later_runs = 0;
  const std::vector<Job> jobs{{"model/a", []() -> Record { throw UserError("no"); }},
                              {"model/b", [&] {
                                 ++later_runs;
                                 return fakeRecord("model/b", Verdict::kPassed);
                               }}};
  Progress progress(Progress::Style::kQuiet);
  EXPECT_THROW(runJobs(jobs, 1, progress), UserError);
  EXPECT_EQ(later_runs, 0);
}

TEST(Summary, NamesEachFailureWithItsReplayCommand) {
  const std::vector<Record> records{fakeRecord("model/good", Verdict::kPassed),
                                    fakeRecord("model/bad", Verdict::kFailed),
                                    fakeRecord("stepping/skipped", Verdict::kSkipped)};
  const std::string summary = summaryOf({}, records);
  EXPECT_THAT(summary, HasSubstr("1 passed, 1 FAILED"));
  EXPECT_THAT(summary, HasSubstr("FAILED model/bad: what came out\n    replay: build/bin/sigproof "
                                 "model replay model/bad --state 7"));
  EXPECT_THAT(summary, HasSubstr("skipped stepping/skipped"));
  EXPECT_THAT(summary, HasSubstr("1 of 3 checks failed, 1 skipped"));
  EXPECT_THAT(summary, Not(HasSubstr("model/good")));
  EXPECT_EQ(exitStatusOf(records), 1);
}

TEST(Summary, SkippedIsNotPassed) {
  const std::vector<Record> records{fakeRecord("model/a", Verdict::kSkipped)};
  EXPECT_THAT(summaryOf({}, records), HasSubstr("nothing was checked, 1 skipped"));
  EXPECT_EQ(exitStatusOf(records), 1);
  EXPECT_EQ(exitStatusOf({}), 1);
}

}  // namespace
}  // namespace sigproof::tool
