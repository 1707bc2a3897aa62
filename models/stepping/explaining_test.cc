// A bug that was caught is a failure, whatever happens to its explanation. The tests replace the
// symbolizer and the disassembler by programs that print nothing, print garbage, print what they
// print for code without debug information, hang, crash or are absent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/stepping/engine/helper_program.h"
#include "models/stepping/engine/locate.h"
#include "models/stepping/engine/runner.h"
#include "models/stepping/engine/stepper.h"
#include "models/stepping/list/elements.h"
#include "models/stepping/list/flawed_list.h"
#include "models/stepping/list/list_cases.h"
#include "models/stepping/list/list_fixture.h"
#include "reports/record/explain.h"

namespace sigproof::stepping {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// What a helper program does instead of its work.
struct OddHelper {
  std::string name;
  std::string script;      // of a shell; empty: there is no such program
  std::string shown;       // a part of the trace that it must cause
  bool is_listing = true;  // false: only the symbolizer is replaced
};

std::string symbolOf(const std::string& members) {
  return "printf '%s' '[{\"Address\":\"0x1\",\"Symbol\":[" + members + "]}]'";
}

std::vector<OddHelper> oddHelpers() {
  const std::string frame = R"({"FunctionName":"f","StartAddress":"0x1","Line":0,"FileName":"%"})";
  const auto with_file = [&](const std::string& file) {
    return symbolOf(frame.substr(0, frame.find('%')) + file + "\"}");
  };
  return {
      {"PrintsNothing", "exit 0", "llvm-symbolizer-19 does not know it"},
      {"PrintsGarbage", "head -c 5000 /dev/urandom", ""},
      {"PrintsBytesThatAreNotUtf8", R"(printf '\377\376\200:1\n\377:\t\377:7\n')", ""},
      {"PrintsQuestionMarks", "printf '??\\n??:0\\n'", "addr2line does not know it"},
      {"PrintsAnEmptyFileName", with_file(""), "f (of which no source line is known)"},
      {"PrintsAFileNameOfQuestionMarks", with_file("??"), "f (of which no source line is known)"},
      {"PrintsOddFileNames", with_file("/"), "f :0"},
      {"PrintsJsonOfOtherTypes",
       symbolOf(R"(7,{"FileName":3,"FunctionName":null,"Line":"x","StartAddress":[]})"),
       "does not know it"},
      {"PrintsJsonOfAnotherForm", "printf '[1]'", "does not know it"},
      {"PrintsWithoutEnd", "exec yes", "prints without end: killed"},
      {"Crashes", "kill -SEGV $$", "crashed: signal 11"},
      {"Fails", "echo x; exit 1", "left with exit status 1"},
      {"Hangs", "exec sleep 600", "llvm-symbolizer-19 hung: killed after 10 s"},
      {"HangsWithItsOutputClosed", "exec >&-; exec sleep 600", "hung: killed after 10 s"},
      {"IsAbsent", "", "can't be run: No such file or directory"},
  };
}

// Puts the programs into PATH before all others or, if `script` is empty, hides all programs.
class HelpersInPath {
 public:
  HelpersInPath(const std::string& script, const std::vector<std::string>& names)
      : folder_(fs::path(::testing::TempDir()) / ("helpers-" + std::to_string(getpid()))),
        path_(getenv("PATH")) {  // NOLINT(concurrency-mt-unsafe): one thread
    fs::create_directories(folder_);
    set(script.empty() ? "/nowhere" : folder_.string() + ":" + path_);
    if (script.empty()) return;
    for (const std::string& name : names) {
      std::ofstream(folder_ / name) << "#!/bin/sh\n" << script << '\n';
      fs::permissions(folder_ / name, fs::perms::owner_all);
    }
  }
  ~HelpersInPath() {
    set(path_);
    fs::remove_all(folder_);
  }
  HelpersInPath(const HelpersInPath&) = delete;
  HelpersInPath& operator=(const HelpersInPath&) = delete;

 private:
  static void set(const std::string& path) {
    setenv("PATH", path.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): one thread
  }

  fs::path folder_;
  std::string path_;
};

const std::vector<std::string> kSymbolizers{"llvm-symbolizer-19", "llvm-symbolizer", "addr2line"};
const std::vector<std::string> kDisassemblers{"llvm-objdump-19", "llvm-objdump", "objdump"};

// A check with a known bug.
Suite suiteWithABug() {
  const ListKind kind =
      listKind<FlawedList<WritingElement, ListFlaw::kPublishBeforeLink>, WritingElement>();
  return {.level = "O2",
          .compiler = "clang",
          .checks = {{.name = "push_front",
                      .properties = {"L3"},
                      .covered = "a known bug",
                      .cases = pushFrontCases(kind),
                      .flaw = "",
                      .canaries = {}}}};
}

// The record, read as the tool reads it.
reports::Record recordOfABug() {
  const Suite suite = suiteWithABug();
  const std::string line = reports::toLine(runCheck(suite, suite.checks.front(), {}));
  return reports::recordFromJson(nlohmann::json::parse(line));
}

void expectAToldFailure(const reports::Record& record) {
  EXPECT_EQ(record.verdict, reports::Verdict::kFailed);
  EXPECT_THAT(record.summary, HasSubstr("expected"));
  EXPECT_THAT(record.replay, HasSubstr("step replay stepping/push_front@O2"));
  ASSERT_TRUE(record.detail.contains("trace")) << record.detail;
  EXPECT_THAT(record.detail.at("trace").get<std::string>(), HasSubstr("what the handler saw"));
}

class SteppingExplanation : public ::testing::TestWithParam<OddHelper> {
 protected:
  void SetUp() override {
    if (!isSteppingSupported()) GTEST_SKIP() << "the trap flag doesn't work here";
  }
};

INSTANTIATE_TEST_SUITE_P(Helper, SteppingExplanation, ::testing::ValuesIn(oddHelpers()),
                         [](const auto& info) { return info.param.name; });

TEST_P(SteppingExplanation, ABugThatIsCaughtIsAFailureWhateverTheSymbolizerDoes) {
  const HelpersInPath helpers(GetParam().script, kSymbolizers);
  const auto begin = std::chrono::steady_clock::now();
  const reports::Record record = recordOfABug();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
  expectAToldFailure(record);
  EXPECT_THAT(record.detail.at("trace").get<std::string>(), HasSubstr(GetParam().shown));
}

TEST_P(SteppingExplanation, ABugThatIsCaughtIsAFailureWhateverTheDisassemblerDoes) {
  const HelpersInPath helpers(GetParam().script, kDisassemblers);
  const reports::Record record = recordOfABug();
  expectAToldFailure(record);
  EXPECT_THAT(record.detail.at("trace").get<std::string>(), HasSubstr("no disassembly: "));
}

TEST(SteppingExplanations, AFailureIsEvidenceBeforeItIsExplained) {
  if (!isSteppingSupported()) GTEST_SKIP() << "the trap flag doesn't work here";
  const HelpersInPath helpers("kill -KILL $PPID", kSymbolizers);
  EXPECT_EXIT(recordOfABug(), ::testing::KilledBySignal(SIGKILL),
              "SIGPROOF VIOLATION L3: push_front, case ");
}

TEST(SteppingExplanations, ALocationIsGivenForAnyAddress) {
  EXPECT_EQ(locate(0).place, "instruction 0x0");
  EXPECT_EQ(locate(1).disassembly, "");
  EXPECT_THAT(locate(reinterpret_cast<std::uintptr_t>(&std::fputs)).place,
              HasSubstr("instruction libc.so.6+0x"));
}

TEST(HelperProgram, OneThatHangsIsKilledAfterItsTimeAndSaysSo) {
  const HelperAnswer answer = askHelper({"sleep", "600"}, std::chrono::milliseconds(50));
  EXPECT_TRUE(answer.has_hung);
  EXPECT_EQ(answer.fault, "sleep hung: killed after 0.05 s");
  EXPECT_EQ(answer.output, "");
}

TEST(HelperProgram, WhatItPrintsIsWholeAndItsInputIsEmpty) {
  const HelperAnswer answer = askHelper({"sh", "-c", "cat; seq 1 100000"});
  EXPECT_EQ(answer.fault, "");
  EXPECT_EQ(answer.output.size(), 588895U);
}

}  // namespace
}  // namespace sigproof::stepping
