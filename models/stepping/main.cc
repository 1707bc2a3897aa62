// sigproof-stepping-O0 and its like: the command line.
#include <CLI/CLI.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "models/stepping/engine/runner.h"
#include "models/stepping/engine/stepper.h"
#include "models/stepping/engine/suite.h"
#include "models/stepping/engine/tracer.h"
#include "models/stepping/engine/trap_flag.h"
#include "reports/record/record.h"

namespace sigproof::stepping {
namespace {

enum ExitCode : int { kHeld = 0, kBroken = 1, kBadUsage = 2, kCannotRun = 3 };

struct Arguments {
  bool is_list = false;
  bool is_json = false;
  std::string run;
  std::string replay;
  std::string case_name;
  std::vector<std::string> boundaries;
  std::vector<std::string> inner;
  std::string pairs = "32";
  std::uint64_t seed = 1;
  std::string method = "auto";
};

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void describeArguments(CLI::App& app, Arguments& arguments) {
  auto* list = app.add_flag("--list", arguments.is_list, "Print the names of the checks");
  app.add_flag("--json", arguments.is_json, "With --list: as JSON, with what each covers")
      ->needs(list);
  auto* run = app.add_option("--run", arguments.run, "Run this check and print its record");
  auto* replay = app.add_option("--replay", arguments.replay,
                                "Run one case of this check and print what was "
                                "seen");
  auto* case_option =
      app.add_option("--case", arguments.case_name, "The case, as a record names it")
          ->needs(replay);
  app.add_option("--boundary", arguments.boundaries,
                 "Where the handler acts: a number, several with commas, or all")
      ->delimiter(',')
      ->needs(replay);
  app.add_option("--inner", arguments.inner,
                 "Step the handler too; where in it another one acts: a number, or all")
      ->delimiter(',')
      ->needs(replay);
  app.add_option("--pairs", arguments.pairs,
                 "With --run: how many pairs of preemptions to try (a quarter as many handlers are "
                 "stepped inside), or all, which takes hours")
      ->needs(run);
  app.add_option("--seed", arguments.seed, "With --run: chooses the pairs")->needs(run);
  app.add_option("--method", arguments.method,
                 "Who steps: the processor's trap flag, a parent with ptrace, or the first that "
                 "works here")
      ->check(CLI::IsMember({"auto", "trap-flag", "ptrace"}));
  replay->needs(case_option);
  list->excludes(run)->excludes(replay);
  run->excludes(replay);
}

const Check& checkNamed(const Suite& suite, const std::string& name) {
  const Check* check = findCheck(suite, name);
  if (check == nullptr) {
    throw UsageError("there is no check '" + name + "' @" + suite.level + "; --list names them");
  }
  return *check;
}

int list(const Suite& suite, bool is_json) {
  nlohmann::json all = nlohmann::json::array();
  for (const Check& check : suite.checks) {
    if (!is_json) std::cout << fullName(suite, check) << '\n';
    all.push_back({{"check", fullName(suite, check)},
                   {"properties", reports::toJson(check.properties)},
                   {"covered", check.covered}});
  }
  if (is_json) std::cout << all.dump() << '\n';
  return kHeld;
}

// "all", or a number. Throws UsageError.
std::size_t parseNumber(const std::string& option, const std::string& text) {
  std::size_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) {
    throw UsageError(option + ": '" + text + "' is not a number; give numbers or all");
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

int run(const Suite& suite, const Arguments& arguments) {
  const Check& check = checkNamed(suite, arguments.run);
  const PairsPlan pairs = parsePairs(arguments);
  return withMethod(arguments.method, [&]() -> int {
    const reports::Record record = runCheck(suite, check, pairs);
    std::cout << reports::toJson(record).dump() << '\n' << std::flush;
    std::cerr << record.check << ": " << record.summary << '\n';
    switch (record.verdict) {
      case reports::Verdict::kPassed:
        return kHeld;
      case reports::Verdict::kSkipped:
        return kCannotRun;
      default:
        if (record.detail.contains("trace")) {
          std::cerr << record.detail["trace"].get<std::string>();
        }
        return kBroken;
    }
  });
}

void requireCase(const Check& check, const std::string& name) {
  if (findCase(check, name) != nullptr) return;
  std::string names;
  for (const Case& each : check.cases) names += " " + each.name;
  throw UsageError("there is no case '" + name + "' of " + check.name + "; there are" + names);
}

int replay(const Suite& suite, const Arguments& arguments) {
  CasePlan plan{.selection = parseBoundaries("--boundary", arguments.boundaries)};
  if (!arguments.inner.empty()) plan.inner = parseBoundaries("--inner", arguments.inner);
  const Check& check = checkNamed(suite, arguments.replay);
  requireCase(check, arguments.case_name);
  return withMethod(arguments.method, [&]() -> int {
    if (!isSteppingSupported()) {
      std::cerr << "not supported here: neither the x86-64 trap flag nor ptrace works\n";
      return kCannotRun;
    }
    const bool is_held = replayCase(suite, check, arguments.case_name, plan, std::cout);
    std::cout.flush();
    return is_held ? kHeld : kBroken;
  });
}

int runProgram(int argc, char** argv) {
  const Suite suite = makeSuite();
  Arguments arguments;
  CLI::App app("Steps through operations of core, compiled by " + suite.compiler +
               ", with a signal handler at every machine instruction");
  describeArguments(app, arguments);
  try {
    app.parse(argc, argv);
    if (arguments.is_list) return list(suite, arguments.is_json);
    if (!arguments.run.empty()) return run(suite, arguments);
    if (!arguments.replay.empty()) return replay(suite, arguments);
    throw UsageError("nothing to do: give --list, --run or --replay; --help explains");
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::cerr << error.what() << '\n';
  } catch (const UsageError& error) {
    std::cerr << error.what() << '\n';
  }
  return kBadUsage;
}

}  // namespace
}  // namespace sigproof::stepping

int main(int argc, char** argv) {
  try {
    return sigproof::stepping::runProgram(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "the stepping program failed: " << error.what() << '\n';
    return sigproof::stepping::kBroken;
  }
}
