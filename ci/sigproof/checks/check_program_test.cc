#include "ci/sigproof/checks/check_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/testing/fake_programs.h"

namespace sigproof::tool {
namespace {

constexpr std::uint64_t kSmallMemoryKib = 65536;

using reports::Property;
using reports::Record;
using reports::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kName = "model/a";

/// Runs the one check of a program that does `on_run`.
Record recordAfter(const std::string& on_run, const CheckLimits& limits = {}) {
  const FakeWorkspace fake;
  const auto program = fake.addProgram("sigproof-models", fakeCheckProgram(kName, on_run));
  return runCheck(listChecks(program).front(), limits);
}

std::string printedRecord(Verdict verdict) { return printing(fakeRecord(kName, verdict)); }

TEST(CheckProgram, ListsItsChecks) {
  const FakeWorkspace fake;
  const auto program = fake.addProgram("sigproof-models", fakeCheckProgram(kName, "exit 9"));
  const std::vector<Check> checks = listChecks(program);
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].name, kName);
  EXPECT_THAT(checks[0].properties, ElementsAre(Property("L3"), Property("L4")));
  EXPECT_EQ(checks[0].covered, "what it covers");
}

TEST(CheckProgram, OneThatCantListIsNamed) {
  const FakeWorkspace fake;
  for (const char* script :
       {"echo oops >&2; exit 1", "echo '[{}]'", "echo garbage", "kill -9 $$"}) {
    const auto program = fake.addProgram("sigproof-models", script);
    try {
      listChecks(program);
      ADD_FAILURE() << script;
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), HasSubstr("sigproof-models"));
    }
  }
}

TEST(CheckProgram, NoneThatIsBuiltIsSaid) {
  const FakeWorkspace fake;
  EXPECT_THROW(listAllChecks(fake.workspace(), "sigproof-models"), UserError);
}

TEST(CheckProgram, ItsRecordIsTaken) {
  const Record record = recordAfter(printedRecord(Verdict::kPassed));
  EXPECT_EQ(record.verdict, Verdict::kPassed);
  EXPECT_EQ(record.executions, 12U);
  EXPECT_EQ(record.summary, "what came out");
  EXPECT_GT(record.peak_memory_kib, 0U) << "measured where the check says nothing";
}

TEST(CheckProgram, AFailingRecordIsTaken) {
  const Record record = recordAfter(printedRecord(Verdict::kFailed) + "; exit 1");
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_EQ(record.replay, "build/bin/sigproof model replay model/a --state 7");
}

TEST(CheckProgram, ASkippedCheckIsNotAPassedOne) {
  EXPECT_EQ(recordAfter(printedRecord(Verdict::kSkipped) + "; exit 3").verdict, Verdict::kSkipped);
  const Record without_record = recordAfter("echo no trap flag here >&2; exit 3");
  EXPECT_EQ(without_record.verdict, Verdict::kSkipped);
  EXPECT_EQ(without_record.summary, "no trap flag here");
}

TEST(CheckProgram, ACrashIsUnfinishedWithWhatWasPrinted) {
  const Record record = recordAfter("echo last words >&2; kill -SEGV $$");
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_EQ(record.check, kName);
  EXPECT_EQ(record.summary, "crashed: signal 11 (Segmentation fault)");
  EXPECT_THAT(record.detail.at("output"), HasSubstr("last words"));
  EXPECT_THAT(record.properties, ElementsAre(Property("L3"), Property("L4")));
  EXPECT_EQ(record.replay, "build/bin/sigproof model run model/a");
}

TEST(CheckProgram, ACrashAfterAPassedRecordIsUnfinished) {
  const Record record = recordAfter(printedRecord(Verdict::kPassed) + "; kill -SEGV $$");
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
}

TEST(CheckProgram, AHangIsUnfinished) {
  const Record record = recordAfter("sleep 600", {.time_s = 0.3});
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_EQ(record.summary, "hung: no end within 0.3 s");
}

TEST(CheckProgram, TooMuchMemoryIsUnfinished) {
  const Record record = recordAfter("x=0123456789abcdef; while true; do x=$x$x; done",
                                    {.memory_kib = kSmallMemoryKib});
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_EQ(record.summary, "took more than 64 MiB of memory");
}

TEST(CheckProgram, OutputThatIsNoRecordIsUnfinished) {
  const std::string two_records =
      printedRecord(Verdict::kPassed) + ";" + printedRecord(Verdict::kPassed);
  for (const std::string& on_run :
       {std::string("exit 0"), std::string("echo garbage"), std::string("echo '{}'"),
        std::string(R"(printf '{"check": "model/a", "ki')"),
        std::string(R"(printf '\xff\x00\x01')"), std::string("echo '[1, 2'; exit 1"),
        two_records}) {
    const Record record = recordAfter(on_run);
    EXPECT_EQ(record.verdict, Verdict::kUnfinished) << on_run;
    EXPECT_THAT(record.summary, HasSubstr("printed")) << on_run;
  }
}

TEST(CheckProgram, TheRecordOfAnotherCheckIsUnfinished) {
  const Record record = recordAfter(printing(fakeRecord("model/b", Verdict::kPassed)));
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_EQ(record.check, kName);
}

TEST(CheckProgram, AVerdictThatContradictsTheExitStatusIsUnfinished) {
  for (const std::string& on_run :
       {printedRecord(Verdict::kPassed) + "; exit 1", printedRecord(Verdict::kPassed) + "; exit 3",
        printedRecord(Verdict::kFailed) + "; exit 0"}) {
    const Record record = recordAfter(on_run);
    EXPECT_EQ(record.verdict, Verdict::kUnfinished) << on_run;
    EXPECT_THAT(record.summary, HasSubstr("but left with exit status")) << on_run;
  }
}

TEST(CheckProgram, PassedAfterLookingAtNothingIsUnfinished) {
  Record empty = fakeRecord(kName, Verdict::kPassed);
  empty.executions = 0;
  EXPECT_EQ(recordAfter(printing(empty)).verdict, Verdict::kUnfinished);
}

TEST(CheckProgram, ASanitizersReportIsAFailure) {
  const Record record =
      recordAfter("echo 'SUMMARY: AddressSanitizer: heap-use-after-free a.h:1 in f' >&2; exit 1");
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_THAT(record.summary, HasSubstr("heap-use-after-free"));
}

TEST(CheckProgram, AViolationThatIsToldStandsWhateverBecomesOfItsExplanation) {
  const std::string told = "echo 'SIGPROOF VIOLATION L3: element 2 was freed' >&2; ";
  const std::pair<std::string, std::string> ends[] = {
      {"sleep 600", "hung: no end within 0.5 s"},
      {"kill -SEGV $$", "crashed: signal 11"},
      {"exit 1", "printed no record"},
      {"x=0123456789abcdef; while true; do x=$x$x; done", "MiB of memory"},
      {"echo '{\"check\"'; exit 1", "printed something that is not one record"}};
  for (const auto& [end, note] : ends) {
    const Record record = recordAfter(
        told + end, {.time_s = end.starts_with("sleep") ? 0.5 : 60, .memory_kib = kSmallMemoryKib});
    EXPECT_EQ(record.verdict, Verdict::kFailed) << end;
    EXPECT_EQ(record.summary, "L3: element 2 was freed");
    EXPECT_THAT(record.detail.at("not_explained").get<std::string>(), HasSubstr(note));
  }
}

TEST(CheckProgram, ARecordWithBytesThatAreNotUtf8IsTaken) {
  Record failed = fakeRecord(kName, Verdict::kFailed);
  failed.summary = "in FUNCTION";
  const std::string printed = "(" + printing(failed) + R"() | sed 's/FUNCTION/\xFF\xFE/'; exit 1)";
  EXPECT_EQ(recordAfter(printed).verdict, Verdict::kFailed);
}

TEST(CheckProgram, AReplayShowsWhatWasPrinted) {
  const FakeWorkspace fake;
  const auto program = fake.addProgram(
      "sigproof-models", fakeCheckProgram(kName, "echo \"history of $2 $3 $4\"; exit 1"));
  const Record record =
      replayCheck(listChecks(program).front(), {"--replay", kName, "--state", "a 7"});
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_EQ(record.detail.at("trace"), "history of model/a --state a 7\n");
  EXPECT_EQ(record.replay, "build/bin/sigproof model replay model/a --state 'a 7'");
}

TEST(CheckProgram, AReplayOfWhatIsNoExecutionSaysSo) {
  const FakeWorkspace fake;
  const auto program = fake.addProgram(
      "sigproof-models", fakeCheckProgram(kName, "echo that names no execution >&2; exit 2"));
  EXPECT_THROW(replayCheck(listChecks(program).front(), {"--replay", kName, "--state", "x"}),
               UserError);
}

}  // namespace
}  // namespace sigproof::tool
