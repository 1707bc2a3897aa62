// sigproof-stepping-O0 and its like: the command line.
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "models/stepping/engine/runner.h"
#include "models/stepping/engine/stepper.h"
#include "models/stepping/engine/suite.h"
#include "models/stepping/engine/tracer.h"
#include "models/stepping/engine/trap_flag.h"
#include "reports/check/check_main.h"

namespace sigproof::stepping {
namespace {

using reports::BadInput;

struct Arguments {
  std::string case_name;
  std::vector<std::string> boundaries;
  std::vector<std::string> inner;
  std::string pairs = "32";
  std::uint64_t seed = 1;
  std::string method = "auto";
};

void addReplayOptions(CLI::App& app, CLI::Option* replay, Arguments& arguments) {
  app.add_option("--case", arguments.case_name, "With --replay: the case, as a record names it")
      ->needs(replay);
  app.add_option("--boundary", arguments.boundaries,
                 "With --replay: where the handler acts: a number, several with commas, or all")
      ->delimiter(',')
      ->needs(replay);
  app.add_option("--inner", arguments.inner,
                 "With --replay: step the handler too; where in it another one acts: a number, or "
                 "all")
      ->delimiter(',')
      ->needs(replay);
}

void addRunOptions(CLI::App& app, CLI::Option* run, Arguments& arguments) {
  app.add_option("--pairs", arguments.pairs,
                 "With --run: how many pairs of preemptions to try (a quarter as many handlers are "
                 "stepped inside), or all, which takes hours")
      ->needs(run);
  app.add_option("--seed", arguments.seed, "With --run: chooses the pairs")->needs(run);
  app.add_option("--method", arguments.method,
                 "Who steps: the processor's trap flag, a parent with ptrace, or the first that "
                 "works here")
      ->check(CLI::IsMember({"auto", "trap-flag", "ptrace"}));
}

const Check& checkNamed(const Suite& suite, const std::string& name) {
  const Check* check = findCheck(suite, name);
  if (check == nullptr) {
    throw BadInput("there is no check '" + name + "' @" + suite.level + "; --list names them");
  }
  return *check;
}

std::vector<reports::CheckInfo> checksOf(const Suite& suite) {
  std::vector<reports::CheckInfo> checks;
  for (const Check& check : suite.checks) {
    checks.push_back({.check = fullName(suite, check),
                      .properties = check.properties,
                      .covered = check.covered});
  }
  return checks;
}

// "all", or a number. Throws BadInput.
std::size_t parseNumber(const std::string& option, const std::string& text) {
  std::size_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) {
    throw BadInput(option + ": '" + text + "' is not a number; give numbers or all");
  }
  return number;
}

PairsPlan parsePairs(const Arguments& arguments) {
  if (arguments.pairs == "all") return {.is_all = true, .seed = arguments.seed};
  return {.count = parseNumber("--pairs", arguments.pairs), .seed = arguments.seed};
}

Selection parseBoundaries(const std::string& option, const std::vector<std::string>& texts) {
  if (texts.size() == 1 && texts.front() == "all") return Selection();
  std::vector<std::size_t> boundaries;
  for (const std::string& text : texts) boundaries.push_back(parseNumber(option, text));
  return Selection(std::move(boundaries));
}

// Calls `program` in this process, or in a child that this process steps.
int withMethod(const std::string& method, const std::function<int()>& program) {
  if (method == "trap-flag" || (method == "auto" && isSteppingSupported())) return program();
  const std::optional<int> status = runTraced(program);
  // If neither works, the check itself reports that.
  return status ? *status : program();
}

int run(const Suite& suite, const std::string& name, const Arguments& arguments) {
  const Check& check = checkNamed(suite, name);
  const PairsPlan pairs = parsePairs(arguments);
  return withMethod(arguments.method,
                    [&] { return reports::report(runCheck(suite, check, pairs)); });
}

void requireCase(const Check& check, const std::string& name) {
  if (findCase(check, name) != nullptr) return;
  std::string names;
  for (const Case& each : check.cases) names += " " + each.name;
  throw BadInput("there is no case '" + name + "' of " + check.name + "; there are" + names);
}

int replay(const Suite& suite, const std::string& name, const Arguments& arguments) {
  if (arguments.case_name.empty()) throw BadInput("--replay wants --case");
  CasePlan plan{.selection = parseBoundaries("--boundary", arguments.boundaries)};
  if (!arguments.inner.empty()) plan.inner = parseBoundaries("--inner", arguments.inner);
  const Check& check = checkNamed(suite, name);
  requireCase(check, arguments.case_name);
  return withMethod(arguments.method, [&]() -> int {
    if (!isSteppingSupported()) {
      std::cerr << "not supported here: neither the x86-64 trap flag nor ptrace works\n";
      return reports::kExitSkipped;
    }
    const bool is_held = replayCase(suite, check, arguments.case_name, plan, std::cout);
    std::cout.flush();
    return is_held ? reports::kExitPassed : reports::kExitFailed;
  });
}

int runProgram(int argc, const char* const* argv) {
  const Suite suite = makeSuite();
  Arguments arguments;
  reports::CheckMain program("sigproof-stepping-" + std::string(suite.level),
                             "Steps through operations of core, compiled by " + suite.compiler +
                                 ", with a signal handler at every machine instruction.");
  program.onList([&] { return checksOf(suite); });
  program.onRun([&](const std::string& name) -> int {
    try {
      return run(suite, name, arguments);
    } catch (const BadInput&) {
      throw;
    } catch (const std::exception& error) {
      std::cerr << "the stepping program failed: " << error.what() << '\n';
      return reports::kExitFailed;  // with no record: the tool calls that unfinished
    }
  });
  CLI::Option* replay_option =
      program.addAction("--replay", "Run one case of this check and print what was seen", "CHECK",
                        [&](const std::string& name) { return replay(suite, name, arguments); });
  addReplayOptions(program.app(), replay_option, arguments);
  addRunOptions(program.app(), program.runOption(), arguments);
  return program.run(argc, argv);
}

}  // namespace
}  // namespace sigproof::stepping

// NOLINTNEXTLINE(bugprone-exception-escape): no memory for a message is as good as a crash
int main(int argc, char** argv) { return sigproof::stepping::runProgram(argc, argv); }
