// mutant: known bugs put back into a copy of core.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ci/sigproof/commands.h"
#include "ci/sigproof/mutant_runner.h"
#include "ci/sigproof/run_and_tell.h"
#include "ci/sigproof/text.h"
#include "ci/sigproof/user_error.h"
#include "ci/sigproof/verify.h"

namespace sigproof::tool {
namespace {

struct MutantCommandOptions {
  std::vector<std::string> patterns;
  std::string out = "build/report";
  std::uint32_t seed = 1;
  bool is_json = false;
  unsigned concurrency = defaultConcurrency();
};

void listMutants(const CommandContext& context, bool is_json) {
  for (const Mutant& mutant : readCatalogue(context.workspace)) {
    const nlohmann::json json{{"check", "mutant/" + mutant.name},
                              {"properties", mutant.breaks},
                              {"covered", mutant.description},
                              {"checkers", mutant.checkers}};
    fmt::print("{}\n", is_json ? json.dump() : "mutant/" + mutant.name);
  }
}

int run(const CommandContext& context, const MutantCommandOptions& options, bool has_seed) {
  const MutantOptions mutant_options{
      .seed = has_seed ? options.seed : randomSeed(),
      .crash_directory = std::filesystem::path(options.out) / "mutants"};
  const auto is_wanted = [&](const std::string& check) {
    return options.patterns.empty() ||
           std::any_of(options.patterns.begin(), options.patterns.end(),
                       [&](const std::string& glob) { return matchesGlob(glob, check); });
  };
  std::vector<Job> jobs;
  for (const Mutant& mutant : readCatalogue(context.workspace)) {
    const std::string check = "mutant/" + mutant.name;
    if (!is_wanted(check)) continue;
    jobs.push_back({check, [&context, mutant, mutant_options] {
                      return runMutant(context.workspace, mutant, mutant_options);
                    }});
  }
  if (jobs.empty()) {
    throw UserError(
        fmt::format("no known bug matches '{}'; `build/bin/sigproof mutant list` names "
                    "them",
                    fmt::join(options.patterns, " ")));
  }
  requireWritable(options.out);
  fmt::print(stderr, "seed {}\n", mutant_options.seed);
  return runAndTell(jobs, {.is_json = options.is_json, .concurrency = options.concurrency});
}

}  // namespace

void addMutantCommand(CLI::App& app, CommandContext& context) {
  CLI::App* parent = app.add_subcommand("mutant", "Known bugs, put back: each must be caught");
  parent->require_subcommand(1);
  parent->footer(
      "Exit status 0: each is caught; 1: one survived.\n"
      "Examples:\n"
      "  sigproof mutant list\n"
      "  sigproof mutant run free_before_unlink --seed 7");
  const auto options = std::make_shared<MutantCommandOptions>();
  CLI::App* list_command = parent->add_subcommand("list", "Name them, one a line");
  list_command->add_flag("--json", options->is_json, "As JSON lines, with what each breaks");
  list_command->callback([&context, options] { listMutants(context, options->is_json); });

  CLI::App* run_command = parent->add_subcommand("run", "Run the checkers of all, or of NAME");
  run_command->add_option("NAME", options->patterns, "Known bugs, also shell patterns");
  CLI::Option* seed =
      run_command->add_option("--seed", options->seed, "Default: a random one, printed")
          ->check(kSeedRange);
  run_command->add_option("--out", options->out, "Where mutants/<name>/ with the inputs goes")
      ->capture_default_str();
  run_command->add_option("--jobs", options->concurrency, "Known bugs at a time")
      ->capture_default_str()
      ->check(CLI::Range(1U, 64U));
  run_command->add_flag("--json", options->is_json, "Print the records as JSON lines");
  run_command->callback([&context, options, seed] {
    context.exit_status = run(context, *options, seed->count() > 0);
  });
}

}  // namespace sigproof::tool
