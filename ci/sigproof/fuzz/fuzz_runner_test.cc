#include "ci/sigproof/fuzz/fuzz_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ci/sigproof/fuzz/corpus_replay.h"
#include "ci/sigproof/fuzz/fuzz_target.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/testing/fake_programs.h"

namespace sigproof::tool {
namespace {

using reports::Record;
using reports::Verdict;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

Record recordAfter(const FakeWorkspace& fake, const std::string& at_end) {
  fake.addProgram("fuzz-list", fakeFuzzer(at_end));
  return runFuzz(fake.workspace(), {.target = "list",
                                    .runs = 1000,
                                    .seed = 7,
                                    .crash_directory = fake.folder() / "out/crashes/list"});
}

TEST(FuzzRunner, ACleanRunPassesAndCanBeRepeated) {
  const FakeWorkspace fake;
  const Record record = recordAfter(fake, "exit 0");
  EXPECT_EQ(record.verdict, Verdict::kPassed);
  EXPECT_EQ(record.check, "fuzz/list");
  EXPECT_EQ(record.executions, 1000U);
  EXPECT_EQ(record.seed, "7");
  EXPECT_EQ(record.replay, "build/bin/sigproof fuzz run list --seed 7 --runs 1000");
  EXPECT_FALSE(std::filesystem::exists(fake.folder() / "out"));
}

// Both in the form that OSS-Fuzz reads.
TEST(FuzzRunner, ATargetsOwnOptionsAndDictionaryAreHandedOver) {
  const FakeWorkspace fake;
  fake.addFile("libexec/fuzz-list.options",
               "[asan]\nx = 1\n[libfuzzer]\n# why\nmax_len = 384\nuse_counters=0\n");
  fake.addFile("libexec/fuzz-list.dict", "");
  const Record record = recordAfter(fake, "write_record failed \"R5: $*\"; exit 77");
  EXPECT_THAT(record.summary, HasSubstr(" -max_len=384 -use_counters=0 -dict="));
  EXPECT_THAT(record.summary, testing::Not(HasSubstr("-x=1")));
}

TEST(FuzzRunner, AViolationIsAFailureWithItsModuleAndItsInput) {
  const FakeWorkspace fake;
  const Record record = recordAfter(fake, R"sh(printf 'input\0bytes' > "${artifacts}crash-1"
detail='{"property": "R5", "module_text": "(module)"}'
write_record failed 'R5: expected nothing, saw a write'
exit 77)sh");
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_EQ(record.summary, "R5: expected nothing, saw a write");
  EXPECT_EQ(record.detail.at("property"), "R5");
  EXPECT_EQ(record.detail.at("module_text"), "(module)");
  EXPECT_EQ(record.replay, "build/bin/sigproof repro fuzz/list out/crashes/list/crash-1");
  EXPECT_EQ(fileContent(fake.folder() / "out/crashes/list/crash-1"),
            std::string("input\0bytes", 11));
}

TEST(FuzzRunner, AFindingStandsHoweverItsProgramEnds) {
  for (const char* end : {"exit 0", "kill -KILL $$", "kill -SEGV $$", "exit 71"}) {
    const FakeWorkspace fake;
    const Record record = recordAfter(
        fake, std::string("trap - EXIT; write_record failed 'R5: saw a write'; ") + end);
    EXPECT_EQ(record.verdict, Verdict::kFailed) << end;
    EXPECT_EQ(record.summary, "R5: saw a write");
  }
}

TEST(FuzzRunner, WhatItPrintedIsReadWhereItsRecordHasNoFinding) {
  const std::pair<std::string, std::string> expected[] = {
      {"echo 'SUMMARY: AddressSanitizer: heap-use-after-free a.h:1' >&2; exit 1",
       "AddressSanitizer: heap-use-after-free a.h:1"},
      {"echo 'SIGPROOF VIOLATION R5: saw a write' >&2; exit 77", "R5: saw a write"},
  };
  for (const auto& [at_end, summary] : expected) {
    for (const std::string record_file :
         {"", "rm \"$SIGPROOF_RECORD_FILE\"; ", "echo '{' >\"$SIGPROOF_RECORD_FILE\"; "}) {
      const FakeWorkspace fake;
      const Record record = recordAfter(fake, record_file + at_end);
      EXPECT_EQ(record.verdict, Verdict::kFailed) << record_file << at_end;
      EXPECT_EQ(record.summary, summary);
      EXPECT_EQ(record.covered, "nothing");
      EXPECT_EQ(record.executions, 1000U);
      EXPECT_THAT(record.properties, Contains(reports::Property("L3")));
    }
  }
}

TEST(FuzzRunner, WhatIsSeenBrokenIsAmongTheProperties) {
  const FakeWorkspace fake;
  const Record record =
      recordAfter(fake, "echo 'SIGPROOF VIOLATION R6/D1: saw a write' >&2; exit 77");
  EXPECT_EQ(record.detail.at("property"), "R6");
  EXPECT_THAT(record.properties, ElementsAre(reports::Property("L3"), reports::Property("R6"),
                                             reports::Property("D1")));
}

TEST(FuzzRunner, APassThatTheExitStatusContradictsIsNone) {
  for (const char* end : {"exit 3", "kill -SEGV $$"}) {
    const FakeWorkspace fake;
    const Record record =
        recordAfter(fake, std::string("trap - EXIT; write_record passed 'all well'; ") + end);
    EXPECT_EQ(record.verdict, Verdict::kUnfinished) << end;
  }
}

TEST(FuzzRunner, AnEndWithoutARecordIsUnfinishedAndSaysWhy) {
  const FakeWorkspace fake;
  const Record record = recordAfter(
      fake, "trap - EXIT; rm \"$SIGPROOF_RECORD_FILE\"; echo 'not written: disk full' >&2; exit 0");
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_EQ(record.summary, "ended well, but wrote no record; last said: not written: disk full");
}

TEST(FuzzRunner, AnInputThatCanNotBeStoredIsANoteBesideTheFailure) {
  const FakeWorkspace fake;
  fake.addFile("out", "a file where the folder is to be");
  const Record record = recordAfter(fake, R"(echo input > "${artifacts}crash-1"
echo 'SIGPROOF VIOLATION R5: expected nothing, saw a write' >&2
exit 77)");
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_THAT(record.detail.at("not_explained").get<std::string>(),
              HasSubstr("the file of the input could not be made: "));
  EXPECT_EQ(record.replay, "build/bin/sigproof fuzz run list --seed 7 --runs 1000");
}

TEST(FuzzRunner, AFailureStandsWhateverItsStatisticsHold) {
  const std::string end = R"sh(
printf '#8 pulse %s ft: 1 corp: 1/1 exec/s: 1\n' "$(head -c 200000 /dev/zero | tr '\0' x)" >&2
write_record failed 'R5: expected nothing, saw a write'
exit 77)sh";
  for (const std::string statistics :
       {R"({"ways": {"a": "x"}, "outcomes": 3})", R"({"rules": [1, 2], "ways": 1})",
        R"({"rules": {"R1": -1.5}})", "[]", R"("text")"}) {
    const FakeWorkspace fake;
    std::string script = "detail='{\"statistics\": ";
    script.append(statistics).append("}'").append(end);
    const Record record = recordAfter(fake, script);
    EXPECT_EQ(record.verdict, Verdict::kFailed) << statistics;
    EXPECT_EQ(record.summary, "R5: expected nothing, saw a write");
  }
}

TEST(FuzzRunner, OtherEndsAreUnfinishedAndSayWhich) {
  const FakeWorkspace fake;
  const std::string deadly = "echo '==1== ERROR: libFuzzer: deadly signal' >&2; exit 77";
  const std::pair<std::string, std::string> expected[] = {
      {"exit 70", "longer than 25 s"},   {"exit 71", "more than 2560 MiB"},
      {deadly, "an input crashed"},      {"kill -SEGV $$", "crashed: signal 11"},
      {"echo oops >&2; exit 1", "oops"},
  };
  for (const auto& [at_end, summary] : expected) {
    const Record record = recordAfter(fake, at_end);
    EXPECT_EQ(record.verdict, Verdict::kUnfinished) << at_end;
    EXPECT_THAT(record.summary, HasSubstr(summary));
    EXPECT_TRUE(record.detail.contains("output"));
  }
}

TEST(FuzzRunner, ARunOfNothingIsUnfinished) {
  const FakeWorkspace fake;
  fake.addProgram("fuzz-list", fakeFuzzer("executions=0; exit 0"));
  EXPECT_EQ(runFuzz(fake.workspace(), {.target = "list", .runs = 1}).verdict, Verdict::kUnfinished);
}

TEST(FuzzRunner, StoredInputsAreReadAndScratchIsWritten) {
  const FakeWorkspace fake;
  fake.addFile("corpus/seeds/list/1", "seed");
  fake.addFile("corpus/crashes/list/2", "crash");
  const Record record = recordAfter(fake, R"(echo "${@: -3}" >&2; exit 1)");
  EXPECT_THAT(record.summary,
              HasSubstr("/corpus " + (fake.folder() / "corpus/seeds/list").string() + " " +
                        (fake.folder() / "corpus/crashes/list").string()));
}

TEST(FuzzRunner, StatisticsOfTheTargetAreKept) {
  const FakeWorkspace fake;
  const Record record = recordAfter(fake, R"(detail='{"statistics": {"registered": 3}}'; exit 0)");
  EXPECT_EQ(record.detail.at("statistics").at("registered"), 3);
}

TEST(FuzzRunner, ACorpusFolderThatCantBeUsedIsRefusedBeforeTheRun) {
  const FakeWorkspace fake;
  fake.addProgram("fuzz-list", "touch " + (fake.folder() / "it-ran").string());
  fake.addFile("file", "");
  for (const auto& corpus : {fake.folder() / "missing", fake.folder() / "file"}) {
    EXPECT_THROW(runFuzz(fake.workspace(), {.target = "list", .runs = 1, .corpus = corpus}),
                 UserError);
  }
  EXPECT_FALSE(std::filesystem::exists(fake.folder() / "it-ran"));
}

TEST(FuzzTargets, SayWhatTheyCover) {
  const FakeWorkspace fake;
  const FuzzTargetFacts facts = describeTarget(fake.addProgram("fuzz-list", fakeFuzzer("exit 0")));
  EXPECT_THAT(facts.properties, ElementsAre(reports::Property("L3")));
  EXPECT_EQ(facts.covered, "nothing");
  EXPECT_EQ(facts.cannot_see, "everything");
}

TEST(FuzzTargets, ADescriptionThatLacksSomethingIsRefused) {
  const char* whole = R"({"properties": ["L3"], "covered": "a", "cannot_see": "b", "engine": "c"})";
  const FakeWorkspace fake;
  const auto describing = [&](const std::string& description) {
    return describeTarget(fake.addProgram("fuzz-list", "echo " + shellQuoted(description)));
  };
  EXPECT_NO_THROW(describing(whole));
  for (const auto& [part, other] : {std::pair{"\"L3\"", ""},
                                    std::pair{"\"L3\"",
                                              "\"L"
                                              "99\""},
                                    std::pair{"\"a\"", "\"\""}, std::pair{"\"b\"", "\"\""},
                                    std::pair{"covered", "uncovered"}, std::pair{"{", ""}}) {
    std::string broken = whole;
    broken.replace(broken.find(part), std::string(part).size(), other);
    EXPECT_THROW(describing(broken), UserError) << broken;
  }
  EXPECT_THROW(describeTarget(fake.addProgram("fuzz-list", "exit 1")), UserError);
}

TEST(FuzzTargets, AreNamedWithAndWithoutTheirKind) {
  const FakeWorkspace fake;
  EXPECT_THROW(fuzzTargetNamed(fake.workspace(), "list"), UserError);
  fake.addProgram("fuzz-list", "");
  fake.addProgram("fuzz-shim", "");
  fake.addProgram("fuzz-shim.d", "");
  EXPECT_THAT(fuzzTargets(fake.workspace()), ElementsAre("list", "shim"));
  EXPECT_EQ(fuzzTargetNamed(fake.workspace(), "fuzz/shim"), "shim");
  EXPECT_THROW(fuzzTargetNamed(fake.workspace(), "other"), UserError);
}

TEST(CorpusReplay, PassesWhereTheProgramDoes) {
  const FakeWorkspace fake;
  fake.addFile("corpus/seeds/list/1", "seed");
  fake.addFile("corpus/seeds/list/.gitkeep", "");
  fake.addProgram("replay-list", fakeFuzzer("executions=1; exit 0"));
  const Record record = replayStoredInputs(fake.workspace(), "list");
  EXPECT_EQ(record.check, "fuzz/list-corpus");
  EXPECT_EQ(record.verdict, Verdict::kPassed);
  EXPECT_EQ(record.executions, 1U);
}

TEST(CorpusReplay, NamesTheInputThatBreaksAProperty) {
  const FakeWorkspace fake;
  for (const char* name : {"1", "2", "3"}) {
    fake.addFile(std::string("corpus/seeds/list/") + name, name);
  }
  fake.addProgram("replay-list", fakeFuzzer(R"(if grep -rq 2 "$@"; then
  write_record failed 'L3: seen after its end'
  kill -ABRT $$
fi)"));
  const Record record = replayStoredInputs(fake.workspace(), "list");
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_EQ(record.detail.at("input"), "corpus/seeds/list/2");
  EXPECT_EQ(record.replay, "build/bin/sigproof repro fuzz/list corpus/seeds/list/2");
}

TEST(CorpusReplay, AFailureStandsWhereTheSearchForItsInputFails) {
  const FakeWorkspace fake;
  fake.addFile("corpus/seeds/list/1", "seed");
  fake.addProgram("replay-list", R"(rm -- "$0"
echo 'SIGPROOF VIOLATION L3: seen after its end' >&2
kill -ABRT $$)");
  const Record record = replayStoredInputs(fake.workspace(), "list");
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_THAT(record.detail.at("not_explained").get<std::string>(),
              HasSubstr("the search for the input could not be made: "));
}

TEST(CorpusReplay, NoStoredInputIsUnfinished) {
  const FakeWorkspace fake;
  fake.addProgram("replay-list", "exit 0");
  const Record record = replayStoredInputs(fake.workspace(), "list");
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_THAT(record.summary, HasSubstr("no input is stored"));
}

}  // namespace
}  // namespace sigproof::tool
