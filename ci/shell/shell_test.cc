// Runs the shell as a user does: as a program, with scripts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "core/v8/testing/read_file.h"

// The build defines these: the program, and the folder of the scripts.
#ifndef SIGPROOF_SHELL
#error "define SIGPROOF_SHELL and SIGPROOF_SHELL_TESTS"
#endif

namespace sigproof::shell {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  int exit_code;
  std::string output;  // standard output and standard error
};

// Runs a command line of sh. $SHELL_UNDER_TEST is the program; names of scripts are relative to the
// tests' folder.
Outcome command(const std::string& words) {
  const std::string line = "cd '" SIGPROOF_SHELL_TESTS "' && SHELL_UNDER_TEST='" SIGPROOF_SHELL
                           "' && export SHELL_UNDER_TEST && { " +
                           words + "; } 2>&1";
  FILE* pipe = popen(line.c_str(), "r");  // NOLINT(cert-env33-c): the test runs a command line
  if (pipe == nullptr) return {-1, "popen failed"};
  Outcome outcome{};
  std::array<char, 4096> chunk{};
  while (const std::size_t count = fread(chunk.data(), 1, chunk.size(), pipe)) {
    outcome.output.append(chunk.data(), count);
  }
  const int status = pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

Outcome shell(const std::string& arguments) {
  return command("\"$SHELL_UNDER_TEST\" " + arguments);
}

std::string expected(const std::string& name) {
  const auto bytes = host::readFile(std::string(SIGPROOF_SHELL_TESTS "/") + name + ".expected");
  return {bytes.begin(), bytes.end()};
}

void expectOutput(const std::string& arguments, const std::string& name) {
  const Outcome outcome = shell(arguments);
  EXPECT_EQ(outcome.output, expected(name)) << arguments;
  EXPECT_EQ(outcome.exit_code, 0) << arguments;
}

TEST(Shell, FollowsAnEntryThroughItsLife) {
  expectOutput("module.js life_of_an_entry.js", "life_of_an_entry");
}

TEST(Shell, RunsTheSameScriptWithoutCore) {
  expectOutput("--shim off module.js life_of_an_entry.js", "life_of_an_entry_without_core");
}

TEST(Shell, SaysWhyAModuleGetsNoSignal) { expectOutput("module.js refusals.js", "refusals"); }

TEST(Shell, KnowsTheInstanceProtocol) {
  expectOutput("--protocol instance module.js instance_protocol.js", "instance_protocol");
}

TEST(Shell, G2_DropsAnEntryWithItsInstanceAndNotBefore) {
  expectOutput("module.js collection.js", "collection");
}

TEST(Shell, WaitsForAsynchronousInstantiationHoweverItIsCompiled) {
  expectOutput("module.js asynchronous.js", "asynchronous");
  expectOutput("--async-compilation on module.js asynchronous.js", "asynchronous");
}

TEST(Shell, R9_LimitsTheEntries) {
  const Outcome outcome = shell(
      "--max-entries 2 module.js -e 'for (let i = 0; i < 5; ++i) instantiate({signal: 16, "
      "terminated: 20}); print(JSON.stringify(sigproof.outcomes()))'");
  // A collection could drop entries in between, but a loop of five allocates too little for one.
  EXPECT_EQ(outcome.output, "{\"registered\":2,\"too-many-entries\":3}\n");
}

TEST(Shell, ReportsAnUncaughtExceptionWithPlaceLineAndStack) {
  const Outcome outcome = shell("-e 'function f() { null.x }' -e 'f()'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.output,
            "-e:1: Uncaught TypeError: Cannot read properties of null (reading 'x')\n"
            "function f() { null.x }\n"
            "                    ^\n"
            "    at f (-e:1:21)\n"
            "    at -e:1:1\n");
}

TEST(Shell, ReportsASyntaxErrorAndRunsNothingOfTheScriptsBehindIt) {
  const Outcome outcome = shell("-e 'let = ;' -e 'print(1)'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, StartsWith("-e:1: Uncaught SyntaxError: "));
}

TEST(Shell, ReportsThrownValuesThatCanNotBeMadeIntoText) {
  const Outcome outcome = shell("-e 'throw {toString() { throw 1; }}'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, StartsWith("-e:1: Uncaught "));
}

TEST(Shell, ReportsARejectionThatNobodyHandles) {
  const Outcome outcome = shell("-e 'Promise.reject(new Error(\"gone\"))'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, StartsWith("-e:1: Unhandled rejection: Error: gone\n"));
  EXPECT_EQ(
      shell("-e 'const p = Promise.reject(1); Promise.resolve().then(() => p.catch(() => 0))'")
          .exit_code,
      0);
}

TEST(Shell, RunsNothingWhereAScriptCanNotBeRead) {
  const Outcome outcome = shell("-e 'print(1)' nowhere.js");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.output, "sigproof-shell: can't read nowhere.js: No such file or directory\n");
}

TEST(Shell, RefusesACommandLineItDoesNotKnowInOneLine) {
  for (const std::string arguments : {"--shim maybe", "--protocol new", "--async-compilation 1",
                                      "--max-entries -3", "--nothing"}) {
    const Outcome outcome = shell(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_THAT(outcome.output, StartsWith("sigproof-shell: "));
    EXPECT_THAT(outcome.output, HasSubstr("(see --help)\n"));
    EXPECT_LT(outcome.output.size(), 120U) << outcome.output;
  }
}

TEST(Shell, ReadsFilesAsBytesAndThrowsWhereItCanNot) {
  EXPECT_EQ(shell("-e 'const b = readFile(\"module.js\"); print(b instanceof Uint8Array, b[0], "
                  "b.length > 1000, readFile(\"/dev/null\").length)'")
                .output,
            "true 47 true 0\n");
  EXPECT_EQ(shell("-e 'try { readFile(\"/nowhere\") } catch (e) { print(e) }'").output,
            "Error: readFile: can't read /nowhere: No such file or directory\n");
}

TEST(Shell, PrintsItsArgumentsAndUnicode) {
  EXPECT_EQ(shell("-e 'print(1, \"\\u00e4\", [2, 3], Symbol(\"s\"))'").output,
            "1 \xC3\xA4 2,3 Symbol(s)\n");
  EXPECT_EQ(shell("-e 'print(arguments.length, arguments[1])' -- --shim x").output, "2 x\n");
}

TEST(Shell, QuitsAtOnceWithTheGivenCode) {
  const Outcome outcome = shell("-e 'print(1); quit(7); print(2)'");
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.output, "1\n");
}

TEST(Shell, ReadsStandardInputWhereThereIsNoScript) {
  const Outcome outcome = command("cat module.js life_of_an_entry.js | \"$SHELL_UNDER_TEST\"");
  EXPECT_EQ(outcome.output, expected("life_of_an_entry"));
  EXPECT_EQ(outcome.exit_code, 0);
}

TEST(Shell, PromptsAtATerminalAndSurvivesErrorsThere) {
  const Outcome outcome = command(
      "printf '20 + 1\\nnull.x\\nPromise.reject(2)\\n20 + 2\\nquit(5)\\n' |"
      " script -qec \"'$SHELL_UNDER_TEST'\" /dev/null");
  EXPECT_EQ(outcome.exit_code, 5) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("> 21\r\n"));
  EXPECT_THAT(outcome.output, HasSubstr("line-2:1: Uncaught TypeError"));
  EXPECT_THAT(outcome.output, HasSubstr("Unhandled rejection: 2"));
  EXPECT_THAT(outcome.output, HasSubstr("> 22\r\n"));
}

TEST(Shell, Helps) {
  const Outcome outcome = shell("--help");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output, HasSubstr("sigproof.outcomes()"));
}

}  // namespace
}  // namespace sigproof::shell
