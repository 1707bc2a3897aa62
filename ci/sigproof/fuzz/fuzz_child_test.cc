// What the tool makes of each way in which a real program of a fuzz target ends.
#include "ci/sigproof/fuzz/fuzz_child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "ci/sigproof/fuzz/corpus_replay.h"
#include "ci/sigproof/fuzz/fuzz_runner.h"
#include "ci/sigproof/fuzz/fuzz_target.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/testing/fake_programs.h"

namespace sigproof::tool {
namespace {

namespace fs = std::filesystem;
using reports::Property;
using reports::Record;
using reports::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Of the target whose inputs' first letter says how it ends: testing/dying_fuzzer.cc.
class DyingTarget {
 public:
  explicit DyingTarget(const std::string& input) {
    const fs::path& libexec = fake_.workspace().libexec;
    fs::create_symlink(SIGPROOF_DYING_fuzz, libexec / "fuzz-dying");
    fs::create_symlink(SIGPROOF_DYING_replay, libexec / "replay-dying");
    fake_.addFile("libexec/fuzz-dying.options", fileContent(SIGPROOF_DYING_OPTIONS));
    fake_.addFile("corpus/seeds/dying/1", input);
  }

  /// A run of libFuzzer that begins with the input.
  Record fuzz() const {
    return runFuzz(fake_.workspace(),
                   {.target = "dying", .runs = 10, .crash_directory = fake_.folder() / "crashes"});
  }
  Record replay() const { return replayStoredInputs(fake_.workspace(), "dying"); }

  /// From now on the record can't be written.
  void loseTheRecord() const {
    for (const std::string kind : {"fuzz-", "replay-"}) {
      const fs::path real = fake_.workspace().libexec / (kind + "dying");
      const fs::path program = fs::read_symlink(real);
      fs::remove(real);
      fake_.addProgram(kind + "dying", "SIGPROOF_RECORD_FILE=/nonexistent/record.json exec " +
                                           shellQuoted(program.string()) + " \"$@\"");
    }
  }

 private:
  FakeWorkspace fake_;
};

void expectADescription(const Record& record) {
  EXPECT_EQ(record.properties.at(0), Property("L1"));
  EXPECT_THAT(record.covered, HasSubstr("ways to end"));
  EXPECT_GT(record.seconds, 0);
  EXPECT_GT(record.peak_memory_kib, 0U);
}

void expectAFinding(const Record& record, const std::string& summary) {
  EXPECT_EQ(record.verdict, Verdict::kFailed) << record.summary;
  EXPECT_THAT(record.summary, HasSubstr(summary));
  EXPECT_GE(record.executions, 1U);
  EXPECT_GE(record.detail.at("statistics").at("runs"), 1);
  expectADescription(record);
}

TEST(FuzzChild, ACleanEndIsAPassWithStatistics) {
  const DyingTarget target("-");
  const Record run = target.fuzz();
  EXPECT_EQ(run.verdict, Verdict::kPassed) << run.summary;
  EXPECT_EQ(run.executions, 10U);
  EXPECT_EQ(run.detail.at("statistics"), (nlohmann::json{{"runs", 10}, {"rules", {{"L1", 10}}}}));
  EXPECT_TRUE(run.detail.contains("corpus_growth"));
  EXPECT_THAT(run.summary, StartsWith("10 runs, no property broken, "));
  EXPECT_THAT(run.engine, HasSubstr("; no engine"));
  expectADescription(run);
  const Record replayed = target.replay();
  EXPECT_EQ(replayed.verdict, Verdict::kPassed) << replayed.summary;
  EXPECT_EQ(replayed.executions, 1U);
}

TEST(FuzzChild, AViolationIsAFindingWithItsModule) {
  const DyingTarget target("v");
  for (const Record& record : {target.fuzz(), target.replay()}) {
    expectAFinding(record, "R6/D1: expected nothing, saw \"a write\"");
    EXPECT_THAT(record.properties,
                ElementsAre(Property("L1"), Property("L2"), Property("R6"), Property("D1")));
    EXPECT_EQ(record.detail.at("property"), "R6");
    EXPECT_EQ(record.detail.at("module_text"), "(module)\n");
  }
  EXPECT_TRUE(target.fuzz().detail.contains("crash_file"));
}

TEST(FuzzChild, AFaultOfTheHarnessIsAFindingWithoutAProperty) {
  const Record record = DyingTarget("n").fuzz();
  expectAFinding(record, "the harness: can't go on");
  EXPECT_FALSE(record.detail.contains("property"));
}

TEST(FuzzChild, ASanitizersReportIsAFindingWithItsPlace) {
  const std::pair<const char*, const char*> ends[] = {
      {"a", "AddressSanitizer: heap-use-after-free "},
      {"u", "UndefinedBehaviorSanitizer: undefined-behavior "},
      {"l", "AddressSanitizer: 28 byte(s) leaked in 1 allocation(s)"},
      {"s", "AddressSanitizer: SEGV"}};
  for (const auto& [input, summary] : ends) {
    SCOPED_TRACE(input);
    const DyingTarget target(input);
    const Record run = target.fuzz();
    // Leaks are looked for when the process ends, so each of the runs has one.
    expectAFinding(run, *input == 'l' ? "leaked in" : summary);
    EXPECT_THAT(run.detail.at("output").get<std::string>(), HasSubstr("SUMMARY: "));
    EXPECT_TRUE(run.detail.contains("crash_file"));
    const Record replayed = target.replay();
    expectAFinding(replayed, summary);
    EXPECT_THAT(replayed.detail.value("input", ""), StartsWith("corpus/seeds/dying/"));
  }
}

TEST(FuzzChild, OtherEndsAreUnfinishedAndSayWhich) {
  const std::pair<const char*, const char*> ends[] = {
      {"h", "an input took longer than"},   {"o", "an input took more than"},
      {"b", "an input crashed the target"}, {"k", "signal 9"},
      {"e", "an input crashed the target"}, {"q", "began, and said nothing of its end"}};
  for (const auto& [input, summary] : ends) {
    SCOPED_TRACE(input);
    const Record record = DyingTarget(input).fuzz();
    EXPECT_EQ(record.verdict, Verdict::kUnfinished);
    EXPECT_THAT(record.summary, HasSubstr(summary));
    EXPECT_TRUE(record.detail.contains("output"));
    expectADescription(record);
  }
}

TEST(FuzzChild, AReplayThatDiesNamesItsInput) {
  for (const char* input : {"b", "k", "e"}) {
    const Record record = DyingTarget(input).replay();
    EXPECT_EQ(record.verdict, Verdict::kUnfinished) << input;
    EXPECT_EQ(record.detail.value("input", ""), "corpus/seeds/dying/1") << input;
    expectADescription(record);
  }
}

TEST(FuzzChild, WhereTheRecordCanNotBeWrittenAFindingStandsAndAPassDoesNot) {
  for (const auto& [input, summary] :
       {std::pair{"v", "R6/D1: expected nothing"}, std::pair{"a", "AddressSanitizer: heap-use"},
        std::pair{"u", "UndefinedBehaviorSanitizer: "}}) {
    SCOPED_TRACE(input);
    const DyingTarget target(input);
    target.loseTheRecord();
    for (const Record& record : {target.fuzz(), target.replay()}) {
      EXPECT_EQ(record.verdict, Verdict::kFailed);
      EXPECT_THAT(record.summary, HasSubstr(summary));
      EXPECT_THAT(record.detail.at("output").get<std::string>(),
                  HasSubstr("the record was not written: No such file or directory"));
      expectADescription(record);
    }
  }
  const DyingTarget target("-");
  target.loseTheRecord();
  const Record record = target.fuzz();
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_THAT(record.summary, StartsWith("ended well, but wrote no record"));
  expectADescription(record);
}

TEST(FuzzChild, TheRealProgramsDescribeThemselves) {
  for (const char* program : {SIGPROOF_DYING_fuzz, SIGPROOF_DYING_replay}) {
    const FuzzTargetFacts facts = describeTarget(program);
    EXPECT_THAT(facts.properties, ElementsAre(Property("L1"), Property("L2")));
    EXPECT_EQ(facts.covered, "ways to end");
    EXPECT_EQ(facts.cannot_see, "what nobody thought of");
    EXPECT_THAT(facts.engine, HasSubstr("libFuzzer"));
    EXPECT_THAT(facts.engine, Not(HasSubstr("V8")));
  }
}

}  // namespace
}  // namespace sigproof::tool
