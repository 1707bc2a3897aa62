// End to end: C programs, compiled to WebAssembly by the build, run in processes of their own under
// real signals and real time.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

// Given by the build: the program, and the folder of the modules.
#ifndef SIGPROOF_LIMITED_PROGRAM
#error "define SIGPROOF_LIMITED_PROGRAM and SIGPROOF_MODULES"
#endif

namespace sigproof {
namespace {

using testing::HasSubstr;

struct ProgramRun {
  int exit_status;    // 256 + the signal's number where a signal ended it
  std::string lines;  // standard output
};

// Runs a child with fork() and exec(), and waits without a limit, because ctest has one.
ProgramRun run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SIGPROOF_LIMITED_PROGRAM);
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execv(words[0], words.data());
    _exit(127);
  }
  close(ends[1]);
  ProgramRun outcome{};
  std::array<char, 4096> chunk{};
  for (ssize_t count = 0; (count = read(ends[0], chunk.data(), chunk.size())) > 0;) {
    outcome.lines.append(chunk.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  outcome.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
  return outcome;
}

std::string module(const std::string& name) { return "m=" SIGPROOF_MODULES "/" + name + ".wasm"; }

constexpr const char* kMake = "i = new WebAssembly.Instance(new WebAssembly.Module(m)); 'made'";

// A hard limit that no program reaches if it ends after the warning.
constexpr const char* kDistantMs = "60000";

TEST(EndToEnd, APoliteProgramShutsDownInGoodOrderBeforeTheHardLimit) {
  const ProgramRun outcome = run({"20", kDistantMs, module("polite"), kMake,
                                  "[i.exports.run(), i.exports.saved()].join(' ')",
                                  "[i.exports.run(), i.exports.saved()].join(' ')"});
  EXPECT_EQ(outcome.lines, "made\n24 1\n24 1\nregistered 1\n") << "once in each budget";
  EXPECT_EQ(outcome.exit_status, 0);
}

TEST(EndToEnd, AProgramThatStoppedListeningIsNotWarnedAndIsKilled) {
  const ProgramRun outcome = run({"20", "100", module("polite"), kMake,
                                  "i.exports.stop(); i.exports.run()", "i.exports.saved()"});
  EXPECT_EQ(outcome.lines, "made\nkilled\n0\nregistered 1\n");
  EXPECT_EQ(outcome.exit_status, 0);
}

TEST(EndToEnd, AStubbornProgramIsKilled) {
  const ProgramRun outcome = run({"20", "60", module("stubborn"), kMake, "i.exports.run()"});
  EXPECT_EQ(outcome.lines, "made\nkilled\nregistered 1\n");
  EXPECT_EQ(outcome.exit_status, 3);
}

TEST(EndToEnd, TheProcessGoesOnAfterManyKills) {
  const ProgramRun outcome = run({"20", "40", module("stubborn"), kMake, "i.exports.run()", kMake,
                                  "i.exports.run()", kMake, "i.exports.run()", "'still here'"});
  EXPECT_EQ(outcome.lines, "made\nkilled\nmade\nkilled\nmade\nkilled\nstill here\nregistered 3\n");
  EXPECT_EQ(outcome.exit_status, 0);
}

constexpr const char* kMakeOnMemory =
    "make = () => new WebAssembly.Instance(new WebAssembly.Module(m), {env: {memory}});"
    "memory = new WebAssembly.Memory({initial: 2, maximum: 16, shared: true});"
    "i = make(); [i.exports.initialise(), i.exports.is_in_order()].join(' ')";

TEST(EndToEnd, AMemoryThatSurvivesTheKillIsInitialisedAgainThroughANewInstance) {
  constexpr const char* kFindsTheWordAt1AndDoesNotListenYet =
      "i = make(); [i.exports.is_in_order(), i.exports.initialise(),"
      " i.exports.is_in_order(), i.exports.initialise()].join(' ')";
  constexpr const char* kListens =
      "i = make(); [i.exports.initialise(), i.exports.work_politely(),"
      " i.exports.is_in_order()].join(' ')";
  const ProgramRun outcome =
      run({"20", "500", module("survivor"), kMakeOnMemory, "i.exports.work()",
           kFindsTheWordAt1AndDoesNotListenYet, kListens});
  EXPECT_EQ(outcome.lines, "0 1\nkilled\n0 1 1 0\n0 24 1\nregistered 2\n");
  EXPECT_EQ(outcome.exit_status, 0);
}

TEST(EndToEnd, AProgramThatLoopsInItsStartFunctionIsKilledAndWasNeverRegistered) {
  const ProgramRun outcome = run({"20", "60", module("starting"), kMake, "typeof i"});
  EXPECT_EQ(outcome.lines, "killed\nundefined\nregistered 0\n");
  EXPECT_EQ(outcome.exit_status, 0);
}

TEST(EndToEnd, ThreadsOnASharedMemoryEachRegisterAndAllStop) {
  const std::string threaded = SIGPROOF_MODULES "/threaded.wasm";
  const ProgramRun outcome = run({"20", kDistantMs, "--threads", "3", threaded});
  EXPECT_EQ(outcome.lines,
            "true registered 1\ntrue registered 1\ntrue registered 1\n3 started, 3 stopped\n");
  EXPECT_EQ(outcome.exit_status, 0);
}

TEST(EndToEnd, WrongLimitsAreRefusedInOneSentence) {
  testing::internal::CaptureStderr();
  const ProgramRun outcome = run({"20", "30", "1"});
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("a soft CPU limit of 20 ms and a hard one of 30 ms: give"));
  EXPECT_EQ(outcome.lines, "");
  EXPECT_EQ(outcome.exit_status, 2);
}

}  // namespace
}  // namespace sigproof
