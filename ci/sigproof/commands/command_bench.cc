// bench: what core costs, as a table and a report.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ci/sigproof/checks/check_program.h"
#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/output/progress.h"
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

constexpr double kBenchmarkTimeLimitS = 300;

struct BenchOptions {
  std::vector<std::string> patterns;
  std::string out = "build/bench";
  unsigned rounds = 0;
  bool is_json = false;
};

std::vector<Job> matchingJobs(const Workspace& workspace,
                              const std::vector<std::string>& patterns) {
  std::vector<Job> jobs;
  for (const Check& check : listAllChecks(workspace, "sigproof-benchmarks")) {
    bool is_wanted = patterns.empty();
    for (const std::string& pattern : patterns) {
      is_wanted = is_wanted || matchesGlob(pattern, check.name);
    }
    if (!is_wanted) continue;
    jobs.push_back(
        {check.name, [check] { return runCheck(check, {.time_s = kBenchmarkTimeLimitS}); }});
  }
  if (jobs.empty()) {
    throw UserError("no benchmark has such a name; `build/bin/sigproof benchmark list` names them");
  }
  return jobs;
}

std::string number(const Record& record, const char* member, const char* format) {
  const auto found = record.detail.find(member);
  if (found == record.detail.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->is_number() ? fmt::format(fmt::runtime(format), found->get<double>()) : "";
}

void printTable(const std::vector<Record>& records) {
  constexpr const char* kRow = "{:<46} {:>11} {:>13} {:>7} {:>15} {:>13}  {}\n";
  fmt::print(fmt::runtime(kRow), "benchmark", "measured", "held against", "ratio", "95 % of it",
             "at most", "");
  for (const Record& record : records) {
    const std::string low = number(record, "ratio_low", "{:.3f}");
    const std::string range =
        low.empty() ? "" : low + " - " + number(record, "ratio_high", "{:.3f}");
    fmt::print(fmt::runtime(kRow), record.check,
               number(record, "measured", "{:.4g} ") + number(record, "unit", ""),
               number(record, "held_against", "{:.4g} ns"), number(record, "ratio", "{:.3f}"),
               range, number(record, "at_most", "{}"),
               record.detail.contains("at_most") || record.verdict != reports::Verdict::kPassed
                   ? reports::toString(record.verdict)
                   : "");
  }
}

int bench(const CommandContext& context, const BenchOptions& options) {
  if (options.rounds != 0) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before there are other threads
    setenv("SIGPROOF_BENCHMARK_ROUNDS", std::to_string(options.rounds).c_str(), 1);
  }
  const auto begin = std::chrono::steady_clock::now();
  reports::RunInfo run = describeRun(context.workspace, context.command, 0);
  run.seed = "";
  std::vector<Record> records;
  {
    Progress progress(options.is_json ? Progress::Style::kQuiet : Progress::styleOfStderr());
    // One at a time: they would disturb each other.
    records = runJobs(matchingJobs(context.workspace, options.patterns), 1, progress);
  }
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!options.is_json) {
    printTable(records);
    fmt::print("\n{}", summaryOf(run, records));
  }
  const int status = options.is_json ? tell(records, true) : exitStatusOf(records);
  return withReport(status, context.workspace, options.out, run, records, options.is_json);
}

}  // namespace

void addBenchCommand(CLI::App& app, CommandContext& context) {
  CLI::App* command =
      app.add_subcommand("bench", "What core costs: runs the benchmarks, prints a table");
  command->footer(
      "Examples:\n"
      "  sigproof bench\n"
      "  sigproof bench 'benchmark/delivery/*'\n"
      "  sigproof report build/report --with build/bench    # into the report of a run");
  const auto options = std::make_shared<BenchOptions>();
  command->add_option("NAME", options->patterns, "Only these; also shell patterns");
  command->add_option("--out", options->out, "Where the report goes")->capture_default_str();
  command
      ->add_option("--rounds", options->rounds,
                   "Rounds of each benchmark, instead of its own number")
      ->check(CLI::Range(1U, 1'000'000U));
  command->add_flag("--json", options->is_json, "Print the records as JSON lines, and no table");
  command->callback([&context, options] { context.exit_status = bench(context, *options); });
}

}  // namespace sigproof::tool
