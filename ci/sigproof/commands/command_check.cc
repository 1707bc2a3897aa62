// model, step, real-module, benchmark: the checks that their programs list.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ci/sigproof/checks/check_program.h"
#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/runs/run_and_tell.h"

namespace sigproof::tool {
namespace {

/// One of the four subcommands.
struct CheckCommand {
  reports::Kind kind;
  std::string program_prefix;
  std::string description;
  std::string examples;
};

struct CheckOptions {
  std::vector<std::string> patterns;
  bool is_json = false;
  unsigned concurrency = defaultConcurrency();
  // run, of models
  std::uint32_t seed = 0;
  std::string search;
  std::uint64_t max_executions = 0;
  // replay
  std::string name;
  std::string state;
  std::string stepped_case;
  std::string boundary;
  std::string inner;
  // run, stepping
  std::string pairs;
};

using OptionsPointer = std::shared_ptr<CheckOptions>;

std::vector<Check> matchingChecks(const CommandContext& context, const CheckCommand& command,
                                  const std::vector<std::string>& patterns) {
  std::vector<Check> all = listAllChecks(context.workspace, command.program_prefix);
  if (patterns.empty()) return all;
  std::vector<Check> matching;
  for (const std::string& pattern : patterns) {
    bool is_found = false;
    for (const Check& check : all) {
      if (!matchesGlob(pattern, check.name)) continue;
      is_found = true;
      const auto same = [&](const Check& other) { return other.name == check.name; };
      if (std::none_of(matching.begin(), matching.end(), same)) matching.push_back(check);
    }
    if (!is_found) {
      throw UserError(fmt::format("no check matches '{}'; `build/bin/sigproof {} list` names them",
                                  pattern, subcommandOf(command.kind)));
    }
  }
  return matching;
}

void listChecksOf(const CommandContext& context, const CheckCommand& command, bool is_json) {
  for (const Check& check : listAllChecks(context.workspace, command.program_prefix)) {
    const nlohmann::json json{{"check", check.name},
                              {"properties", reports::toJson(check.properties)},
                              {"covered", check.covered}};
    fmt::print("{}\n", is_json ? json.dump() : check.name);
  }
}

int run(const CommandContext& context, const CheckCommand& command, const CheckOptions& options) {
  CheckLimits limits;
  // Someone who asks for more pairs than the gate's knows how long they want to wait.
  if (!options.pairs.empty()) limits.time_s = kLongCheckTimeLimitS;
  std::vector<Job> jobs;
  for (Check& check : matchingChecks(context, command, options.patterns)) {
    if (options.seed != 0) check.arguments = {"--seed", std::to_string(options.seed)};
    if (!options.search.empty()) {
      check.arguments.insert(check.arguments.end(), {"--search", options.search});
    }
    if (options.max_executions != 0) {
      check.arguments.insert(check.arguments.end(),
                             {"--max-executions", std::to_string(options.max_executions)});
    }
    if (!options.pairs.empty()) {
      check.arguments.insert(check.arguments.end(), {"--pairs", options.pairs});
    }
    jobs.push_back({check.name, [check, limits] { return runCheck(check, limits); }});
  }
  return runAndTell(jobs, {.is_json = options.is_json, .concurrency = options.concurrency});
}

int replay(const CommandContext& context, const CheckCommand& command,
           const CheckOptions& options) {
  const Check check = matchingChecks(context, command, {options.name}).front();
  std::vector<std::string> arguments{"--replay", check.name};
  for (const auto& [flag, value] :
       {std::pair{"--state", options.state}, std::pair{"--case", options.stepped_case},
        std::pair{"--boundary", options.boundary}, std::pair{"--inner", options.inner}}) {
    if (!value.empty()) arguments.insert(arguments.end(), {flag, value});
  }
  const reports::Record record = replayCheck(check, arguments);
  if (!options.is_json && record.detail.contains("trace")) {
    fmt::print("{}\n", record.detail.at("trace").get<std::string>());
    return record.verdict == reports::Verdict::kPassed ? kPassedStatus : kFailedStatus;
  }
  return tell({record}, options.is_json);
}

void addList(CLI::App& parent, CommandContext& context, const CheckCommand& command) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* list_command = parent.add_subcommand("list", "Name the checks, one a line");
  list_command->add_flag("--json", options->is_json, "As JSON lines, with what each covers");
  list_command->callback(
      [&context, command, options] { listChecksOf(context, command, options->is_json); });
}

void addRun(CLI::App& parent, CommandContext& context, const CheckCommand& command) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* run_command = parent.add_subcommand("run", "Run all, or those that match a NAME");
  run_command->add_option("NAME", options->patterns, "Checks, also shell patterns: 'filter_*'");
  run_command->add_flag("--json", options->is_json, "Print the records as JSON lines");
  run_command->add_option("--jobs", options->concurrency, "Checks at a time")
      ->capture_default_str()
      ->check(CLI::Range(1U, 64U));
  if (command.kind == reports::Kind::kModel) {
    run_command->add_option("--seed", options->seed, "Number of the first random execution")
        ->check(kSeedRange);
    run_command->add_option("--search", options->search,
                            "Instead of full where that ends within a budget, else the largest "
                            "bound that does: full, bound:N (preemptions), random:N (executions)");
    run_command
        ->add_option("--max-executions", options->max_executions,
                     "The budget of the full search, and of all bounds together: a smaller one "
                     "takes less time and ends with smaller bounds")
        ->check(CLI::PositiveNumber);
  } else if (command.kind == reports::Kind::kStepping) {
    run_command->add_option("--pairs", options->pairs,
                            "Pairs of preemptions to try, or all, which takes hours");
    run_command->add_option("--seed", options->seed, "Chooses the pairs")->check(kSeedRange);
  }
  run_command->callback(
      [&context, command, options] { context.exit_status = run(context, command, *options); });
}

void addReplay(CLI::App& parent, CommandContext& context, const CheckCommand& command) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* replay_command =
      parent.add_subcommand("replay", "Repeat one execution and print what happens in it");
  replay_command->add_option("NAME", options->name, "The check")->required();
  if (command.kind == reports::Kind::kModel) {
    replay_command
        ->add_option("--state", options->state, "The execution, as a failed check names it")
        ->required();
  } else {
    replay_command->add_option("--case", options->stepped_case,
                               "The case, as a failed check names it");
    replay_command
        ->add_option("--boundary", options->boundary,
                     "The instruction that the handler preempts; two with a comma; or all")
        ->required();
    replay_command->add_option("--inner", options->inner,
                               "The instruction of that handler that another one preempts, or all");
  }
  replay_command->add_flag("--json", options->is_json, "Print a record as one JSON line");
  replay_command->callback(
      [&context, command, options] { context.exit_status = replay(context, command, *options); });
}

void addCheckCommand(CLI::App& app, CommandContext& context, const CheckCommand& command) {
  CLI::App* parent = app.add_subcommand(subcommandOf(command.kind), command.description);
  parent->require_subcommand(1);
  parent->footer(command.examples);
  addList(*parent, context, command);
  addRun(*parent, context, command);
  const bool has_executions =
      command.kind == reports::Kind::kModel || command.kind == reports::Kind::kStepping;
  if (has_executions) addReplay(*parent, context, command);
}

}  // namespace

void addCheckCommands(CLI::App& app, CommandContext& context) {
  addCheckCommand(
      app, context,
      {.kind = reports::Kind::kModel,
       .program_prefix = "sigproof-models",
       .description = "Small programs over the production code, in every order of their "
                      "atomic steps",
       .examples = "Examples:\n"
                   "  sigproof model list\n"
                   "  sigproof model run 'reader_*' --seed 7\n"
                   "  sigproof model run two_readers_against_clear --search bound:4\n"
                   "  sigproof model replay model/NAME --state '<as a failed run says>'"});
  addCheckCommand(app, context,
                  {.kind = reports::Kind::kStepping,
                   .program_prefix = "sigproof-stepping-",
                   .description = "The compiled production code with a handler after each of its "
                                  "machine instructions",
                   .examples = "Examples:\n"
                               "  sigproof step run '*@O2'\n"
                               "  sigproof step run 'clear@O2' --pairs all\n"
                               "  sigproof step replay stepping/NAME --case C --boundary 17"});
  addCheckCommand(app, context,
                  {.kind = reports::Kind::kRealModule,
                   .program_prefix = "sigproof-real-modules",
                   .description = "Modules of npm packages that people use, with the protocol's "
                                  "exports added",
                   .examples = "Examples:\n"
                               "  sigproof real-module list\n"
                               "  sigproof real-module run '*sqlite*'"});
  addCheckCommand(app, context,
                  {.kind = reports::Kind::kBenchmark,
                   .program_prefix = "sigproof-benchmarks",
                   .description = "One benchmark by itself; `sigproof bench` runs all and prints "
                                  "their table",
                   .examples = "Examples:\n"
                               "  sigproof benchmark list\n"
                               "  sigproof benchmark run --jobs 1 '*delivery*'"});
}

}  // namespace sigproof::tool
