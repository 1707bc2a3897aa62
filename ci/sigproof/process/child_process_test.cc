#include "ci/sigproof/process/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "ci/sigproof/process/interruption.h"
#include "ci/sigproof/process/temporary_directory.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace {

constexpr std::uint64_t kMemoryLimitKib = 65536;

using testing::EndsWith;
using testing::HasSubstr;

ChildCommand shell(const std::string& script) {
  return {.arguments = {"/bin/bash", "-c", script}, .time_limit_s = 30};
}

TEST(ChildProcess, GivesWhatTheChildPrintedAndItsExitStatus) {
  const ChildResult result = runChild(shell("echo out; echo error >&2; exit 7"));
  EXPECT_EQ(result.end, ChildEnd::kExited);
  EXPECT_EQ(result.exit_status, 7);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.error, "error\n");
  EXPECT_GT(result.peak_memory_kib, 0U);
  EXPECT_EQ(result.description(), "left with exit status 7");
}

TEST(ChildProcess, NamesTheSignalThatEndedTheChild) {
  const ChildResult result = runChild(shell("kill -ABRT $$"));
  EXPECT_EQ(result.end, ChildEnd::kSignalled);
  EXPECT_EQ(result.signal_number, SIGABRT);
  EXPECT_EQ(result.description(), "crashed: signal 6 (Aborted)");
}

TEST(ChildProcess, KillsAChildThatHangsAndAllItsGroup) {
  const TemporaryDirectory folder;
  const std::string survivor = (folder.path() / "survivor").string();
  ChildCommand command = shell("(sleep 2; touch " + survivor + ") & echo started; sleep 600");
  command.time_limit_s = 0.3;
  const ChildResult result = runChild(command);
  EXPECT_EQ(result.end, ChildEnd::kTimedOut);
  EXPECT_EQ(result.output, "started\n");
  EXPECT_LT(result.seconds, 10);
  EXPECT_EQ(result.description(), "hung: no end within 0.3 s");
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  EXPECT_FALSE(std::filesystem::exists(survivor));
}

TEST(ChildProcess, KillsAChildThatTakesTooMuchMemory) {
  // Doubles a variable until it is over.
  ChildCommand command = shell("x=0123456789abcdef; while true; do x=$x$x; done");
  command.memory_limit_kib = kMemoryLimitKib;
  const ChildResult result = runChild(command);
  EXPECT_EQ(result.end, ChildEnd::kOutOfMemory);
  EXPECT_GT(result.peak_memory_kib, kMemoryLimitKib);
  EXPECT_EQ(result.description(), "took more than 64 MiB of memory");
}

TEST(ChildProcess, KillsAChildThatPrintsWithoutEnd) {
  const ChildResult result = runChild(shell("yes"));
  EXPECT_EQ(result.end, ChildEnd::kTooMuchOutput);
  EXPECT_EQ(result.description(), "printed more than 16 MiB");
}

TEST(ChildProcess, KeepsTheLastOfStderrOnly) {
  ChildCommand command = shell("for ((i = 0; i < 30000; ++i)); do echo line $i >&2; done");
  command.kept_error_bytes = 1000;
  const ChildResult result = runChild(command);
  EXPECT_EQ(result.error.size(), 1000U);
  EXPECT_THAT(result.error, EndsWith("line 29999\n"));
}

TEST(ChildProcess, MakesValidUtf8OfWhatTheChildPrinted) {
  const ChildResult result = runChild(shell(R"(printf 'a\xff\xfeb' >&2)"));
  EXPECT_EQ(result.error, validUtf8(result.error));
  EXPECT_THAT(result.error, HasSubstr("\xEF\xBF\xBD"));
}

TEST(ChildProcess, WaitsNoLongerThanForTheChildItself) {
  // The grandchild leaves the group and keeps the pipes open.
  const ChildResult result = runChild(shell("setsid sleep 20 & exit 0"));
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_LT(result.seconds, 10);
}

TEST(ChildProcess, GivesTheChildNothingToReadAndItsVariables) {
  ChildCommand command = shell("read -r line; echo \"[$line] $SIGPROOF_TEST $HOME\"");
  command.environment = {{"SIGPROOF_TEST", "new"}, {"HOME", "replaced"}};
  EXPECT_EQ(runChild(command).output, "[] new replaced\n");
}

TEST(ChildProcess, SaysWhichProgramCantBeRun) {
  try {
    runChild({.arguments = {"/nonexistent/program"}, .time_limit_s = 1});
    FAIL() << "it ran";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("can't run /nonexistent/program: No such file"));
  }
}

TEST(ChildProcess, AnInterruptionEndsTheChild) {
  std::jthread interrupter([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    setInterrupted(true);
  });
  EXPECT_THROW(runChild(shell("sleep 600")), Interrupted);
  EXPECT_THROW(runChild(shell("true")), Interrupted) << "nothing new starts";
  setInterrupted(false);
}

}  // namespace
}  // namespace sigproof::tool
