// verify: the whole run.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/commands/verify.h"
#include "ci/sigproof/runs/run_and_tell.h"

namespace sigproof::tool {
namespace {

/// On two cores all fuzz targets together then take about half of the ten minutes that a whole run
/// may take.
constexpr unsigned kDefaultSecondsPerTarget = 60;

struct VerifyCommandOptions {
  VerifyOptions verify;
  std::string out = "build/report";
  bool is_quiet = false;
};

}  // namespace

void addVerifyCommand(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand(
      "verify",
      "Check the production code with every kind of checker, and the checkers with every "
      "known bug");
  command->footer(
      "Writes results.json, junit.xml and index.html to --out, each whole or not at all.\n"
      "Exit status 0: all that ran passed; 1: a check failed or did not finish; 2: bad usage, or\n"
      "something is missing; 130: interrupted, nothing was written.\n"
      "Examples:\n"
      "  sigproof verify\n"
      "  sigproof verify --only 'model/*' --only 'mutant/*'\n"
      "  sigproof verify --seed 7 --seconds-per-target 600 --out nightly");
  const auto options = std::make_shared<VerifyCommandOptions>();
  VerifyOptions& verify_options = options->verify;
  verify_options.seconds_per_target = kDefaultSecondsPerTarget;
  verify_options.concurrency = defaultConcurrency();
  command->add_option("--out", options->out, "The report's folder")->capture_default_str();
  command
      ->add_option("--seconds-per-target", verify_options.seconds_per_target,
                   "How long each fuzz target runs")
      ->capture_default_str()
      ->check(CLI::Range(1U, 86400U));
  CLI::Option* seed =
      command->add_option("--seed", verify_options.seed, "Default: a random one, printed")
          ->check(kSeedRange);
  command->add_option("--only", verify_options.only,
                      "Only checks that match this shell pattern; may be given again");
  command->add_option("--jobs", verify_options.concurrency, "Checks at a time")
      ->capture_default_str()
      ->check(CLI::Range(1U, 64U));
  command->add_flag("--quiet", options->is_quiet, "No progress on stderr");
  command->callback([&context, options, seed] {
    VerifyOptions& chosen = options->verify;
    if (seed->count() == 0) chosen.seed = randomSeed();
    chosen.out = options->out;
    chosen.style = options->is_quiet ? Progress::Style::kQuiet : Progress::styleOfStderr();
    chosen.command = context.command;
    if (!options->is_quiet) fmt::print(stderr, "seed {}\n", chosen.seed);
    context.exit_status = verify(context.workspace, chosen);
  });
}

}  // namespace sigproof::tool
