// mutants: known bugs, put back in, against the checkers that must catch them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/commands/verify.h"
#include "ci/sigproof/mutants/mutant_build.h"
#include "ci/sigproof/mutants/mutant_matrix.h"
#include "ci/sigproof/mutants/mutant_runner.h"
#include "ci/sigproof/output/summary.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/runs/run_and_tell.h"
#include "ci/sigproof/runs/run_info.h"
#include "ci/sigproof/runs/run_report.h"
#include "reports/report_writer.h"

namespace sigproof::tool {
namespace {

using reports::Record;

struct MutantsOptions {
  std::vector<std::string> patterns;
  std::string out = "build/mutant_report";
  MatrixOptions matrix;
  FuzzTrials campaign = kCampaign;
  bool is_list = false;
  bool is_campaign = false;
  bool is_json = false;
  bool is_built = false;
};

std::vector<Mutant> matchingMutants(const std::vector<Mutant>& catalogue,
                                    const std::vector<std::string>& patterns) {
  std::vector<Mutant> wanted;
  for (const Mutant& mutant : catalogue) {
    const std::string check = "mutant/" + mutant.name;
    const auto matches = [&](const std::string& glob) { return matchesGlob(glob, check); };
    if (patterns.empty() || std::ranges::any_of(patterns, matches)) wanted.push_back(mutant);
  }
  if (!wanted.empty()) return wanted;
  throw UserError(
      fmt::format("no known bug matches '{}'; `build/bin/sigproof mutants --list` names them",
                  fmt::join(patterns, " ")));
}

int listMutants(const std::vector<Mutant>& mutants, bool is_json) {
  for (const Mutant& mutant : mutants) {
    const nlohmann::json json{{"check", "mutant/" + mutant.name},
                              {"properties", reports::toJson(mutant.breaks)},
                              {"covered", mutant.description},
                              {"checkers", mutant.checkers},
                              {"accepted_because", mutant.accepted_because},
                              {"gate", mutant.is_in_gate}};
    fmt::print("{}\n", is_json ? json.dump() : "mutant/" + mutant.name);
  }
  return kPassedStatus;
}

int runMutants(const CommandContext& context, MutantsOptions& options, bool has_seed) {
  // First, because a changed patch changes the catalogue.
  if (!options.is_list && !options.is_built) {
    configureMutants(context.workspace, options.matrix.has_every_checker);
  }
  const std::vector<Mutant> catalogue = readCatalogue(context.workspace);
  std::vector<Mutant> mutants = matchingMutants(catalogue, options.patterns);
  if (options.is_campaign) {
    mutants = forFuzzTargetsAlone(std::move(mutants));
    if (mutants.empty()) throw UserError("none of these known bugs is for a fuzz target to catch");
  }
  if (options.is_list) return listMutants(mutants, options.is_json);

  requireWritable(options.out);
  MatrixOptions& matrix = options.matrix;
  if (!has_seed) matrix.seed = randomSeed();
  matrix.is_building = !options.is_built;
  matrix.is_corpus_empty = options.is_campaign;
  matrix.trials = options.is_campaign ? options.campaign : FuzzTrials{};
  matrix.crash_directory = std::filesystem::path(options.out) / "crashes";
  matrix.style = Progress::styleOfStderr();
  fmt::print(stderr, "seed {}\n", matrix.seed);
  const auto begin = std::chrono::steady_clock::now();
  reports::RunInfo run_info = describeRun(context.workspace, context.command, matrix.seed);
  const std::vector<Record> records = runMatrix(context.workspace, catalogue, mutants, matrix);
  run_info.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!options.is_json) fmt::print("{}", summaryOf(run_info, records));
  const int status = options.is_json ? tell(records, true) : exitStatusOf(records);
  return withReport(status, context.workspace, options.out, run_info, records, options.is_json);
}

}  // namespace

void addMutantsCommand(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand(
      "mutants", "Put known bugs back into core, one at a time: its checkers must catch each");
  command->footer(
      "Builds each known bug's check programs, runs them, and the same checks on core as it is.\n"
      "Writes results.json, junit.xml and index.html, with the matrix as a heat map, to --out.\n"
      "Exit status 0: each is caught by all its checkers, or accepted; 1: one is not, a patch no "
      "longer\n"
      "applies, or there was no time for one; 2: bad usage, or something is missing; 130: "
      "interrupted.\n"
      "Examples:\n"
      "  sigproof mutants                                  # the whole matrix, within 40 minutes\n"
      "  sigproof mutants --list\n"
      "  sigproof mutants free_before_unlink --seed 7\n"
      "  sigproof mutants '*_order_weakened' --all         # by every checker of the catalogue\n"
      "  sigproof mutants --campaign                       # how long fuzzing takes, 5 seeds each");
  const auto options = std::make_shared<MutantsOptions>();
  MatrixOptions& matrix = options->matrix;
  matrix.concurrency = defaultConcurrency();
  command->add_option("NAME", options->patterns, "Only these known bugs; also shell patterns");
  command->add_flag("--list", options->is_list, "Name them, one a line, and run nothing");
  command->add_flag("--all", matrix.has_every_checker,
                    "Give each every checker of the catalogue, not only its own");
  CLI::Option* campaign = command->add_flag(
      "--campaign", options->is_campaign,
      "Fuzz targets alone, from an empty corpus, several seeds: median and spread of the seconds "
      "to the first catch. Caught is what half of the seeds catch in their time");
  command->add_option("--seeds", options->campaign.seeds, "Seeds of a campaign for each")
      ->capture_default_str()
      ->needs(campaign)
      ->check(CLI::Range(1U, 1000U));
  command->add_option("--seconds", options->campaign.seconds_each, "The time of each seed")
      ->capture_default_str()
      ->needs(campaign)
      ->check(CLI::Range(1U, 86'400U));
  command
      ->add_option("--budget-minutes", matrix.budget_minutes,
                   "Builds included; what is not run then counts as not caught")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 10'000.0));
  command->add_flag("--no-build", options->is_built, "Take the check programs as they are");
  CLI::Option* seed = command->add_option("--seed", matrix.seed, "Default: a random one, printed")
                          ->check(kSeedRange);
  command->add_option("--out", options->out, "The report's folder; inputs that caught one go there")
      ->capture_default_str();
  command->add_option("--jobs", matrix.concurrency, "Compilers, and checks, at a time")
      ->capture_default_str()
      ->check(CLI::Range(1U, 64U));
  command->add_flag("--json", options->is_json, "Print the records as JSON lines, and no summary");
  command->callback([&context, options, seed] {
    context.exit_status = runMutants(context, *options, seed->count() > 0);
  });
}

}  // namespace sigproof::tool
