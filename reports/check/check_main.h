// The command line that every check program has: --list, --list --json, --run CHECK. A program adds
// options and actions of its own.
//
//   int main(int argc, char** argv) {
//     CheckMain program("sigproof-models", "Searches all executions of small programs.");
//     std::uint64_t seed = 1;
//     program.app().add_option("--seed", seed, "Number of the first random execution");
//     program.onList([] { return listOfChecks(); });
//     program.onRun([&](const std::string& check) { return report(runModel(check, seed)); });
//     return program.run(argc, argv);
//   }
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "reports/record/record.h"

namespace sigproof::reports {

/// The exit statuses of check programs. The tool compares them with the record's verdict.
enum ExitStatus : int {
  kExitPassed = 0,
  kExitFailed = 1,  ///< failed or unfinished
  kExitBadInput =
      2,             ///< bad usage or bad input: standard error says what to do, there is no record
  kExitSkipped = 3,  ///< the check can't run here
};

/// What a check program knows about a check before it runs.
struct CheckInfo {
  std::string check;  ///< "model/reader_against_filter"
  std::vector<Property> properties;
  std::string covered;
};

/// Bad usage or bad input. Its text is one sentence that says what to do.
struct BadInput : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Prints the record as a line of JSON on standard output; on standard error its summary and, if it
/// failed and has a "trace", the trace and the command that repeats it. Returns the exit status.
int report(const Record& record);

/// Calls `work`, then notes in `record` how long it took and the peak of this process' memory, also
/// when it throws.
void measure(Record& record, const std::function<void()>& work);

class CheckMain {
 public:
  /// `name` starts each message on standard error.
  CheckMain(std::string name, const std::string& description);

  /// For options of the program's own.
  CLI::App& app() { return app_; }

  /// The checks, in the order in which --list prints them.
  void onList(std::function<std::vector<CheckInfo>()> list) { list_ = std::move(list); }

  /// --run: returns the exit status; report() makes it of a record.
  void onRun(std::function<int(const std::string& check)> run) { run_ = std::move(run); }

  /// One more thing to do instead of --list and --run, such as --replay. The option is added, and
  /// `act` is called with its value and returns the exit status.
  CLI::Option* addAction(const std::string& option, const std::string& description,
                         const std::string& type, std::function<int(const std::string&)> act);

  /// The option --run and the flag --list, for options that need one of them.
  CLI::Option* runOption() { return run_option_; }
  CLI::Option* listFlag() { return list_flag_; }

  /// Parses the command line and does what it asks for. Catches everything: what is thrown is
  /// printed as one line, and the status is kExitBadInput.
  int run(int argc, const char* const* argv);

 private:
  struct Action {
    CLI::Option* option;
    std::function<int(const std::string&)> act;
  };

  int act();
  void list() const;

  std::string name_;
  CLI::App app_;
  CLI::Option_group* what_;
  CLI::Option* list_flag_;
  CLI::Option* run_option_;
  bool is_list_ = false;
  bool is_json_ = false;
  std::vector<Action> actions_;
  std::function<std::vector<CheckInfo>()> list_;
  std::function<int(const std::string&)> run_;
};

}  // namespace sigproof::reports
