// sigproof-stepping-O0, sigproof-stepping-O2: the command line.
#include <CLI/CLI.hpp>
#include <charconv>
#include <cstddef>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "models/stepping/runner.h"
#include "models/stepping/stepper.h"
#include "models/stepping/suite.h"
#include "reports/record.h"

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
  replay->needs(case_option);
  list->excludes(run)->excludes(replay);
  run->excludes(replay);
}

const Check& checkNamed(const Suite& suite, const std::string& name) {
  const Check* check = findCheck(suite, name);
  if (check == nullptr) {
    throw UsageError("there is no check '" + name + "' at -" + suite.level + "; --list names them");
  }
  return *check;
}

int list(const Suite& suite, bool is_json) {
  nlohmann::json all = nlohmann::json::array();
  for (const Check& check : suite.checks) {
    if (!is_json) std::cout << fullName(suite, check) << '\n';
    all.push_back({{"check", fullName(suite, check)},
                   {"properties", check.properties},
                   {"covered", check.covered}});
  }
  if (is_json) std::cout << all.dump() << '\n';
  return kHeld;
}

int run(const Suite& suite, const std::string& name) {
  const reports::Record record = runCheck(suite, checkNamed(suite, name));
  std::cout << reports::toJson(record).dump() << '\n';
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
}

// Empty: all.
std::vector<std::size_t> parseBoundaries(const std::vector<std::string>& texts) {
  std::vector<std::size_t> boundaries;
  if (texts.size() == 1 && texts.front() == "all") return boundaries;
  for (const std::string& text : texts) {
    std::size_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) {
      throw UsageError("--boundary: '" + text + "' is not a number; give numbers or all");
    }
    boundaries.push_back(number);
  }
  return boundaries;
}

int replay(const Suite& suite, const Arguments& arguments) {
  const std::vector<std::size_t> boundaries = parseBoundaries(arguments.boundaries);
  const Check& check = checkNamed(suite, arguments.replay);
  if (findCase(check, arguments.case_name) == nullptr) {
    std::string names;
    for (const Case& each : check.cases) names += " " + each.name;
    throw UsageError("there is no case '" + arguments.case_name + "' of " + check.name +
                     "; there are" + names);
  }
  if (!isSteppingSupported()) {
    std::cerr << "not supported here: the x86-64 trap flag doesn't work\n";
    return kCannotRun;
  }
  const bool is_held = replayCase(suite, check, arguments.case_name, boundaries, std::cout);
  return is_held ? kHeld : kBroken;
}

int runProgram(int argc, char** argv) {
  const Suite suite = makeSuite();
  Arguments arguments;
  CLI::App app("Steps through operations of core, compiled at -" + suite.level +
               ", with a signal handler at every machine instruction");
  describeArguments(app, arguments);
  try {
    app.parse(argc, argv);
    if (arguments.is_list) return list(suite, arguments.is_json);
    if (!arguments.run.empty()) return run(suite, arguments.run);
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
