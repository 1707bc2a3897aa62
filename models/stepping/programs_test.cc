// sigproof-stepping-O0 and sigproof-stepping-O2, run as programs.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "models/stepping/stepper.h"
#include "reports/record.h"

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

// Becomes the program; does not return.
[[noreturn]] void become(const std::vector<std::string>& command, const std::string& output,
                         const std::string& error, bool is_traced) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  dup2(open(output.c_str(), kFlags, 0600), STDOUT_FILENO);
  dup2(open(error.c_str(), kFlags, 0600), STDERR_FILENO);
  if (is_traced) ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

// `is_debugged`: under a debugger that keeps every SIGTRAP to itself, as many do.
Ended run(const std::vector<std::string>& command, bool is_debugged = false) {
  const std::string base = ::testing::TempDir() + "/stepping-" + std::to_string(getpid());
  const std::string output = base + ".out";
  const std::string error = base + ".err";
  const pid_t child = fork();
  if (child == 0) become(command, output, error, is_debugged);
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

class SteppingProgram : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!isSteppingSupported()) GTEST_SKIP() << "the trap flag doesn't work here";
  }

  static std::string program(const std::string& level) {
    return level == "O0" ? SIGPROOF_STEPPING_O0 : SIGPROOF_STEPPING_O2;
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

INSTANTIATE_TEST_SUITE_P(Levels, SteppingProgram, ::testing::Values("O0", "O2"),
                         [](const auto& info) { return info.param; });

TEST_P(SteppingProgram, EveryCheckPassesAtEveryBoundaryAndItsCanaryIsCaught) {
  const std::vector<std::string> names = checks();
  EXPECT_THAT(names, SizeIs(12));
  for (const std::string& name : names) {
    const reports::Record result = record(name);
    EXPECT_EQ(result.check, name);
    EXPECT_EQ(result.verdict, reports::Verdict::kPassed) << name << ": " << result.summary;
    EXPECT_TRUE(result.exhausted) << name;
    EXPECT_GT(result.executions, 100U) << name;
    EXPECT_THAT(result.engine, HasSubstr("-" + GetParam()));
    EXPECT_TRUE(result.detail.at("canary").at("is_caught")) << name;
    EXPECT_TRUE(result.detail.at("canary").contains("boundary"))
        << name << ": a canary is to be caught between two instructions";
  }
}

TEST_P(SteppingProgram, AReplayRepeatsAFailure) {
  const reports::Record result = record("clear");
  const auto& canary = result.detail.at("canary");
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
      {"--run", GetParam() == "O0" ? "stepping/clear@O2" : "stepping/clear@O0"},
      {"--run"},
      {"--list", "--run", "clear"},
      {"--json"},
      {"--replay", "clear"},
      {"--replay", "clear", "--case", "nothing", "--boundary", "1"},
      {"--replay", "clear", "--case", "malloc/of-1", "--boundary", "minus"},
      {"--replay", "clear", "--case", "malloc/of-1", "--boundary", "-1"},
      {"--replay", "clear", "--case", "malloc/of-1", "--boundary", "99999999999999999999999"},
      {"--case", "malloc/of-1"}};
  for (std::vector<std::string> command : wrong) {
    const std::string shown = ::testing::PrintToString(command);
    command.insert(command.begin(), program(GetParam()));
    const Ended ended = run(command);
    EXPECT_EQ(ended.status, 2) << shown;
    EXPECT_THAT(ended.output, IsEmpty()) << shown;
    EXPECT_THAT(linesOf(ended.error), SizeIs(1)) << shown;
  }
}

TEST_P(SteppingProgram, SaysThatItWasSkippedWhereTheTrapFlagDoesNotWork) {
  const Ended ended = run({program(GetParam()), "--run", "clear"}, true);
  EXPECT_EQ(ended.status, 3);
  const auto result = reports::recordFromJson(nlohmann::json::parse(ended.output));
  EXPECT_EQ(result.verdict, reports::Verdict::kSkipped);
  EXPECT_FALSE(result.exhausted);
  EXPECT_THAT(result.summary, HasSubstr("not supported here"));
}

// If the build type's own flags won over the level's, both programs would be the same.
TEST(SteppingPrograms, UnoptimisedCodeHasMoreInstructions) {
  if (!isSteppingSupported()) GTEST_SKIP() << "the trap flag doesn't work here";
  std::map<std::string, std::uint64_t> executions;
  for (const std::string program : {SIGPROOF_STEPPING_O0, SIGPROOF_STEPPING_O2}) {
    executions[program] =
        reports::recordFromJson(
            nlohmann::json::parse(run({program, "--run", "mark_terminated"}).output))
            .executions;
  }
  EXPECT_GT(executions[SIGPROOF_STEPPING_O0], 5 * executions[SIGPROOF_STEPPING_O2]);
}

}  // namespace
}  // namespace sigproof::stepping
