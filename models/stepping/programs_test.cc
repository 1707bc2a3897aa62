// The stepping programs, run as programs.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "models/stepping/engine/stepper.h"
#include "reports/record/record.h"

namespace sigproof::stepping {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Ended {
  int status = -1;
  std::string output;
  std::string error;
};

std::string contentOf(const std::string& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

enum class Debugger : std::uint8_t {
  kNone,
  kKeepsTraps,                   ///< keeps every SIGTRAP to itself, as many debuggers do
  kKeepsTrapsAndForbidsTracing,  ///< and forbids others to trace, as containers do
};

// From here on ptrace fails in this process and in its children.
void forbidTracing() {
  // NOLINTBEGIN(cppcoreguidelines-avoid-c-arrays): the kernel's form.
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  // NOLINTEND(cppcoreguidelines-avoid-c-arrays)
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

// Becomes the program; does not return.
[[noreturn]] void become(const std::vector<std::string>& command, const std::string& output,
                         const std::string& error, Debugger debugger) {
  constexpr int kForWriting = O_WRONLY | O_CREAT | O_TRUNC;
  dup2(open(output.c_str(), kForWriting, 0600), STDOUT_FILENO);
  dup2(open(error.c_str(), kForWriting, 0600), STDERR_FILENO);
  if (debugger != Debugger::kNone) ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  if (debugger == Debugger::kKeepsTrapsAndForbidsTracing) forbidTracing();
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

Ended run(const std::vector<std::string>& command, Debugger debugger = Debugger::kNone) {
  const std::string base = ::testing::TempDir() + "/stepping-" + std::to_string(getpid());
  const std::string output = base + ".out";
  const std::string error = base + ".err";
  const pid_t child = fork();
  if (child == 0) become(command, output, error, debugger);
  int status = 0;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    const int signal = WSTOPSIG(status);
    ptrace(PTRACE_CONT, child, nullptr, signal == SIGTRAP ? 0 : signal);
  }
  Ended ended{WIFEXITED(status) ? WEXITSTATUS(status) : -1, contentOf(output), contentOf(error)};
  unlink(output.c_str());
  unlink(error.c_str());
  return ended;
}

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string program(const std::string& level) {
  return SIGPROOF_STEPPING_PROGRAMS "/sigproof-stepping-" + level;
}

// ci/test builds only some of the programs.
bool isBuilt(const std::string& level) { return access(program(level).c_str(), X_OK) == 0; }
constexpr const char* kNotBuilt = "not built; cmake --build build builds it, as ci/verify does";

class SteppingProgram : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!isSteppingSupported()) GTEST_SKIP() << "the trap flag doesn't work here";
    if (!isBuilt(GetParam())) GTEST_SKIP() << kNotBuilt;
  }
  static std::vector<std::string> checks() {
    return linesOf(run({program(GetParam()), "--list"}).output);
  }
  static reports::Record record(const std::string& check) {
    const Ended ended = run({program(GetParam()), "--run", check});
    EXPECT_EQ(ended.status, 0) << ended.error;
    return reports::recordFromJson(nlohmann::json::parse(ended.output));
  }
};

std::string nameOfTest(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// How a program behaves doesn't depend on its level; that core and what is to be caught in it are
// stepped does.
INSTANTIATE_TEST_SUITE_P(Levels, SteppingProgram, ::testing::Values("O2", "asan-O1", "gcc-O2"),
                         nameOfTest);

class SteppingLevel : public SteppingProgram {};

INSTANTIATE_TEST_SUITE_P(Levels, SteppingLevel,
                         ::testing::Values("O0", "O1", "O2", "O3", "lto", "asan-O1", "gcc-O0",
                                           "gcc-O2"),
                         nameOfTest);

// The short checks; ci/test and ci/verify run each of them as a test or check of its own.
TEST_P(SteppingLevel, AListAndARegistryCheckPassAtEveryBoundaryAndTheirCanariesAreCaught) {
  for (const std::string name : {"clear", "mark_terminated"}) {
    const reports::Record result = record(name);
    EXPECT_EQ(result.check, "stepping/" + name + "@" + GetParam());
    EXPECT_EQ(result.verdict, reports::Verdict::kPassed) << name << ": " << result.summary;
    EXPECT_TRUE(result.exhausted) << name;
    EXPECT_GT(result.executions, 100U) << name;
    const bool is_gcc = GetParam().starts_with("gcc");
    EXPECT_THAT(result.engine, HasSubstr(is_gcc ? "g++ 12" : "clang 19"));
    for (const auto& canary : result.detail.at("canaries")) {
      EXPECT_TRUE(canary.at("is_caught")) << name;
      EXPECT_TRUE(canary.contains("boundary"))
          << name << ": a canary is to be caught between two instructions";
    }
    EXPECT_EQ(result.detail.at("two_preemptions").at("pairs_tried"), 32);
    EXPECT_EQ(result.seed, "1");
  }
}

TEST_P(SteppingLevel, L3_FreeBeforeUnlinkAndPublishBeforeLinkAreCaughtForEachKindOfElement) {
  for (const std::string kind : {"trivial", "writing", "owning"}) {
    const Ended freed = run({program(GetParam()), "--replay", "filter_every_subset", "--case",
                             "canary/quarantine/" + kind + "/keep-0b01111", "--boundary", "all"});
    EXPECT_EQ(freed.status, 1) << kind;
    EXPECT_THAT(freed.output, HasSubstr("destroyed or freed")) << kind;
    const Ended published = run({program(GetParam()), "--replay", "push_front", "--case",
                                 "canary/malloc/" + kind + "/onto-2", "--boundary", "all"});
    EXPECT_EQ(published.status, 1) << kind;
    EXPECT_THAT(published.output, HasSubstr("in the list before and after the call")) << kind;
  }
}

TEST_P(SteppingProgram, AReplayRepeatsAFailure) {
  const reports::Record result = record("clear");
  const auto& canary = result.detail.at("canaries").at(0);
  const std::string one = canary.at("case");
  const std::string boundary = std::to_string(canary.at("boundary").get<int>());
  const std::string executable = program(GetParam());

  const Ended replay =
      run({executable, "--replay", "clear", "--case", one, "--boundary", boundary});
  EXPECT_EQ(replay.status, 1);
  EXPECT_THAT(replay.output, HasSubstr("boundary " + boundary));
  EXPECT_THAT(replay.output, HasSubstr(canary.at("expected").get<std::string>()));
  EXPECT_THAT(replay.output, HasSubstr(canary.at("seen").get<std::string>()));
  EXPECT_THAT(replay.output, HasSubstr("what the handler saw"));

  EXPECT_EQ(run({executable, "--replay", "clear", "--case", one, "--boundary", "0"}).status, 0);
  EXPECT_EQ(run({executable, "--replay", "clear", "--case", one, "--boundary", "all"}).status, 1);
}

TEST_P(SteppingProgram, ListsWhatEachCheckCoversAsJson) {
  const Ended ended = run({program(GetParam()), "--list", "--json"});
  EXPECT_EQ(ended.status, 0);
  const auto json = nlohmann::json::parse(ended.output);
  ASSERT_EQ(json.size(), checks().size());
  for (const auto& entry : json) {
    EXPECT_TRUE(entry.at("check").get<std::string>().ends_with("@" + GetParam()));
    EXPECT_FALSE(entry.at("properties").empty());
    EXPECT_NE(entry.at("covered"), "");
  }
}

TEST_P(SteppingProgram, AnswersGarbageWithOneLineAndStatus2) {
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"--nonsense"},
      {"--run", "stepping/nothing"},
      {"--run", "stepping/clear@O9"},
      {"--run"},
      {"--list", "--run", "clear"},
      {"--json"},
      {"--replay", "clear"},
      {"--replay", "clear", "--case", "nothing", "--boundary", "1"},
      {"--replay", "clear", "--case", "malloc/writing/of-1", "--boundary", "minus"},
      {"--replay", "clear", "--case", "malloc/writing/of-1", "--boundary", "-1"},
      {"--replay", "clear", "--case", "malloc/writing/of-1", "--boundary",
       "99999999999999999999999"},
      {"--replay", "clear", "--case", "malloc/writing/of-1", "--inner", "x", "--boundary", "1"},
      {"--run", "clear", "--pairs", "many"},
      {"--run", "clear", "--method", "guess"},
      {"--pairs", "3"},
      {"--case", "malloc/writing/of-1"}};
  for (std::vector<std::string> command : wrong) {
    const std::string shown = ::testing::PrintToString(command);
    command.insert(command.begin(), program(GetParam()));
    const Ended ended = run(command);
    EXPECT_EQ(ended.status, 2) << shown;
    EXPECT_THAT(ended.output, IsEmpty()) << shown;
    EXPECT_THAT(linesOf(ended.error), SizeIs(1)) << shown;
  }
}

TEST_P(SteppingProgram, IsSteppedByAParentWhereTheTrapFlagDoesNotWork) {
  const std::vector<std::string> command{program(GetParam()), "--run", "mark_terminated", "--pairs",
                                         "8"};
  const Ended ended = run(command, Debugger::kKeepsTraps);
  if (ended.status == 3) GTEST_SKIP() << "a parent may not step a child here";
  EXPECT_EQ(ended.status, 0) << ended.error;
  const auto traced = reports::recordFromJson(nlohmann::json::parse(ended.output));
  const auto plain = reports::recordFromJson(nlohmann::json::parse(run(command).output));
  EXPECT_THAT(traced.engine, HasSubstr("PTRACE_SINGLESTEP"));
  EXPECT_TRUE(traced.exhausted);
  EXPECT_EQ(traced.detail.at("cases"), plain.detail.at("cases")) << "the same boundaries";
  EXPECT_EQ(traced.detail.at("two_preemptions"), plain.detail.at("two_preemptions"));
}

TEST_P(SteppingProgram, SaysThatItWasSkippedWhereNeitherTheTrapFlagNorPtraceWorks) {
  const Ended ended =
      run({program(GetParam()), "--run", "clear"}, Debugger::kKeepsTrapsAndForbidsTracing);
  EXPECT_EQ(ended.status, 3);
  const auto result = reports::recordFromJson(nlohmann::json::parse(ended.output));
  EXPECT_EQ(result.verdict, reports::Verdict::kSkipped);
  EXPECT_FALSE(result.exhausted);
  EXPECT_THAT(result.summary, HasSubstr("not supported here"));
}

TEST_P(SteppingProgram, AFailureNamesOperationBuildInstructionLineAndDisassembly) {
  const Ended ended = run({program(GetParam()), "--replay", "push_front", "--case",
                           "canary/quarantine/writing/onto-2", "--boundary", "all"});
  for (const char* part : {"operation: push_front", "build:     ", "expected:  ", "seen:      ",
                           "instruction ", "flawed_list.h:", "=> ", "what the handler saw"}) {
    EXPECT_THAT(ended.output, HasSubstr(part));
  }
}

TEST_P(SteppingProgram, SaysWhyThereIsNoDisassemblyWithoutTheTools) {
  setenv("PATH", "/nowhere", 1);  // NOLINT(concurrency-mt-unsafe): there is one thread
  const Ended ended = run({program(GetParam()), "--replay", "push_front", "--case",
                           "canary/quarantine/writing/onto-2", "--boundary", "all"});
  unsetenv("PATH");  // NOLINT(concurrency-mt-unsafe): as above
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.output, HasSubstr("instruction sigproof-stepping-"));
  EXPECT_THAT(ended.output, HasSubstr("no disassembly: "));
}

TEST_P(SteppingProgram, AHandlerInsideAHandlerIsReplayed) {
  const Ended ended = run({program(GetParam()), "--replay", "clear", "--case",
                           "quarantine/writing/of-2", "--boundary", "20", "--inner", "3"});
  EXPECT_EQ(ended.status, 0) << ended.output;
  // The inner handler and the one that it interrupted saw the same.
  EXPECT_THAT(ended.output, HasSubstr("boundaries 20/3-20 "));
}

// If the build type's own flags replaced the level's, both programs would be the same.
TEST(SteppingPrograms, UnoptimisedCodeHasMoreInstructions) {
  if (!isSteppingSupported()) GTEST_SKIP() << "the trap flag doesn't work here";
  if (!isBuilt("O0")) GTEST_SKIP() << kNotBuilt;
  std::map<std::string, std::uint64_t> boundaries;
  for (const std::string level : {"O0", "O2"}) {
    const auto record = reports::recordFromJson(
        nlohmann::json::parse(run({program(level), "--run", "mark_terminated"}).output));
    boundaries[level] = record.detail.at("boundaries");
  }
  EXPECT_GT(boundaries["O0"], 5 * boundaries["O2"]);
}

TEST(SteppingV8, G1_ThePrologueOfARealCollectionIsSteppedAndItsCanaryCaught) {
  if (!isSteppingSupported()) GTEST_SKIP() << "the trap flag doesn't work here";
  const Ended ended =
      run({SIGPROOF_STEPPING_PROGRAMS "/sigproof-stepping-v8-O2", "--run", "gc_prologue"});
  EXPECT_EQ(ended.status, 0) << ended.error;
  const auto record = reports::recordFromJson(nlohmann::json::parse(ended.output));
  EXPECT_TRUE(record.exhausted);
  EXPECT_GT(record.detail.at("boundaries_in_program"), 100);
  EXPECT_TRUE(record.detail.at("canaries").at(0).contains("boundary"));
}

}  // namespace
}  // namespace sigproof::stepping
