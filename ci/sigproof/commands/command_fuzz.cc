// fuzz: run a libFuzzer target.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/commands/verify.h"
#include "ci/sigproof/fuzz/fuzz_runner.h"
#include "ci/sigproof/fuzz/fuzz_target.h"
#include "ci/sigproof/runs/run_and_tell.h"

namespace sigproof::tool {
namespace {

constexpr unsigned kDefaultSeconds = 60;
/// Whole days are for a fuzzing service; its runs are cut in pieces too.
constexpr unsigned kMostSeconds = 24 * 3600;

struct FuzzCommandOptions {
  FuzzOptions fuzz;
  std::string out = "build/report";
  std::string corpus;
  bool is_json = false;
};

int run(const CommandContext& context, FuzzCommandOptions options, bool has_seed) {
  FuzzOptions& fuzz = options.fuzz;
  fuzz.target = fuzzTargetNamed(context.workspace, fuzz.target);
  if (!has_seed) fuzz.seed = randomSeed();
  if (fuzz.seconds == 0 && fuzz.runs == 0) fuzz.seconds = kDefaultSeconds;
  if (!options.corpus.empty()) fuzz.corpus = options.corpus;
  fuzz.crash_directory = std::filesystem::path(options.out) / "crashes" / fuzz.target;
  requireWritable(options.out);
  fmt::print(stderr, "seed {}\n", fuzz.seed);
  const Job job{"fuzz/" + fuzz.target, [&] { return runFuzz(context.workspace, fuzz); }};
  return runAndTell({job}, {.is_json = options.is_json});
}

void listTargets(const CommandContext& context, bool is_json) {
  for (const std::string& target : fuzzTargets(context.workspace)) {
    const FuzzTargetFacts facts = factsOf(target);
    const nlohmann::json json{{"check", "fuzz/" + target},
                              {"properties", reports::toJson(facts.properties)},
                              {"covered", facts.covered}};
    fmt::print("{}\n", is_json ? json.dump() : "fuzz/" + target);
  }
}

}  // namespace

void addFuzzCommand(CLI::App& app, CommandContext& context) {
  CLI::App* parent = app.add_subcommand("fuzz", "Generated inputs through the whole system");
  parent->require_subcommand(1);
  parent->footer(
      "Examples:\n"
      "  sigproof fuzz run shim --seconds 300\n"
      "  sigproof fuzz run list --seed 7 --runs 100000     # the same inputs each time\n"
      "  sigproof fuzz run shim --corpus DIR               # keep what it finds interesting\n"
      "An input that breaks a property is stored in <out>/crashes/<target>; `sigproof repro` "
      "replays "
      "it.");
  const auto options = std::make_shared<FuzzCommandOptions>();
  CLI::App* list_command = parent->add_subcommand("list", "Name the targets, one a line");
  list_command->add_flag("--json", options->is_json, "As JSON lines, with what each covers");
  list_command->callback([&context, options] { listTargets(context, options->is_json); });

  CLI::App* run_command = parent->add_subcommand("run", "Run one target");
  run_command->add_option("TARGET", options->fuzz.target, "list, fuzz/shim, ...")->required();
  run_command->add_option("--seconds", options->fuzz.seconds, "End after this time (default 60)")
      ->check(CLI::Range(1U, kMostSeconds));
  run_command->add_option("--runs", options->fuzz.runs, "End after so many inputs")
      ->check(CLI::PositiveNumber);
  CLI::Option* seed =
      run_command->add_option("--seed", options->fuzz.seed, "Default: a random one, printed")
          ->check(kSeedRange);
  run_command->add_flag("--from-empty", options->fuzz.is_corpus_empty,
                        "Begin without the stored inputs of corpus/");
  run_command->add_option("--corpus", options->corpus,
                          "A folder to read inputs from and write new ones to; it must exist");
  run_command->add_option("--out", options->out, "Where crashes/<target>/ goes")
      ->capture_default_str();
  run_command->add_flag("--json", options->is_json, "Print the record as one JSON line");
  run_command->callback([&context, options, seed] {
    context.exit_status = run(context, *options, seed->count() > 0);
  });
}

}  // namespace sigproof::tool
