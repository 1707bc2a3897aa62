#include "reports/check/check_main.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sigproof::reports {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Record recordWith(Verdict verdict) {
  Record record;
  record.check = "model/one";
  record.verdict = verdict;
  record.summary = "what came out";
  record.replay = "build/bin/sigproof model run model/one";
  record.detail["trace"] = "step by step";
  return record;
}

struct Outcome {
  int status = 0;
  std::string out;
  std::string error;
};

// A program with one check, which passes, and the action --replay.
Outcome runProgram(std::vector<const char*> arguments) {
  CheckMain program("sigproof-example", "An example.");
  program.onList([] {
    return std::vector<CheckInfo>{
        {.check = "model/one", .properties = {"L3"}, .covered = "all of it"}};
  });
  program.onRun([](const std::string& check) -> int {
    if (check != "model/one") throw BadInput("there is no check " + check);
    return report(recordWith(Verdict::kPassed));
  });
  program.addAction("--replay", "Repeats", "STATE",
                    [](const std::string& state) { return state == "good" ? 0 : kExitFailed; });
  arguments.insert(arguments.begin(), "sigproof-example");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.status = program.run(static_cast<int>(arguments.size()), arguments.data());
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.error = testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(CheckMain, ListsItsChecksForPeopleAndForPrograms) {
  EXPECT_EQ(runProgram({"--list"}).out, "model/one\n");
  const auto json = nlohmann::json::parse(runProgram({"--list", "--json"}).out);
  EXPECT_EQ(json[0]["check"], "model/one");
  EXPECT_EQ(json[0]["properties"][0], "L3");
  EXPECT_EQ(json[0]["covered"], "all of it");
}

TEST(CheckMain, PrintsTheRecordAloneOnStandardOutput) {
  const Outcome outcome = runProgram({"--run", "model/one"});
  EXPECT_EQ(outcome.status, kExitPassed);
  EXPECT_EQ(recordFromJson(nlohmann::json::parse(outcome.out)).summary, "what came out");
  EXPECT_EQ(outcome.error, "model/one: what came out\n");
}

TEST(CheckMain, CallsTheActionWithTheValueOfItsOption) {
  EXPECT_EQ(runProgram({"--replay", "good"}).status, 0);
  EXPECT_EQ(runProgram({"--replay", "other"}).status, kExitFailed);
}

TEST(CheckMain, BadInputIsOneLineOnStandardErrorAndNoRecord) {
  for (const std::vector<const char*>& arguments : std::vector<std::vector<const char*>>{
           {}, {"--what"}, {"--run"}, {"--run", "model/two"}, {"--list", "--run", "model/one"}}) {
    const Outcome outcome = runProgram(arguments);
    EXPECT_EQ(outcome.status, kExitBadInput);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.error, testing::StartsWith("sigproof-example: "));
    EXPECT_EQ(outcome.error.find('\n'), outcome.error.size() - 1);
  }
}

TEST(CheckMain, HelpIsNoFailureAndNamesTheExitStatus) {
  const Outcome outcome = runProgram({"--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("Exit status"));
}

TEST(Report, TheStatusIsTheVerdictAndAFailureShowsItsTrace) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(report(recordWith(Verdict::kFailed)), kExitFailed);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::AllOf(HasSubstr("step by step"), HasSubstr("sigproof model run")));
  EXPECT_EQ(report(recordWith(Verdict::kUnfinished)), kExitFailed);
  EXPECT_EQ(report(recordWith(Verdict::kSkipped)), kExitSkipped);
  testing::internal::GetCapturedStdout();
}

TEST(Measure, NotesTimeAndMemoryAlsoWhenTheWorkThrows) {
  Record record;
  EXPECT_THROW(measure(record, [] { throw BadInput("no"); }), BadInput);
  EXPECT_GT(record.seconds, 0);
  EXPECT_GT(record.peak_memory_kib, 0u);
}

}  // namespace
}  // namespace sigproof::reports
