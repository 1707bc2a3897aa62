#include "ci/sigproof/commands/verify.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <system_error>
#include <utility>

#include "ci/sigproof/checks/check_program.h"
#include "ci/sigproof/checks/peer_checks.h"
#include "ci/sigproof/fuzz/corpus_replay.h"
#include "ci/sigproof/fuzz/fuzz_runner.h"
#include "ci/sigproof/fuzz/fuzz_target.h"
#include "ci/sigproof/mutants/mutant_runner.h"
#include "ci/sigproof/output/summary.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/runs/job_pool.h"
#include "ci/sigproof/runs/run_info.h"
#include "ci/sigproof/runs/run_report.h"
#include "reports/record/atomic_file.h"

namespace sigproof::tool {
namespace {

namespace fs = std::filesystem;
using reports::Kind;
using reports::Record;

/// The jobs of a run that its patterns let through.
class Plan {
 public:
  Plan(const Workspace& workspace, const VerifyOptions& options)
      : workspace_(workspace), options_(options) {
    if (isWanted(Kind::kModel)) {
      addPrograms("sigproof-models", {"--seed", std::to_string(options_.seed)});
    }
    if (isWanted(Kind::kStepping)) {
      addPrograms("sigproof-stepping-", {"--seed", std::to_string(options_.seed)});
    }
    if (isWanted(Kind::kFuzz)) addCorpus();
    if (isWanted(Kind::kRealModule)) addPrograms("sigproof-real-modules");
    if (isWanted(Kind::kFuzz)) addFuzz();
    if (isWanted(Kind::kFuzz)) addPeer();
    if (isWanted(Kind::kMutant)) addMutants();
    if (jobs_.empty()) {
      throw UserError(
          fmt::format("no check matches {}; `build/bin/sigproof model list` (and step, "
                      "fuzz, real-module; `mutants --list`) names them",
                      commandLine(options.only)));
    }
  }

  const std::vector<Job>& jobs() const { return jobs_; }

 private:
  /// Whether a pattern could let a check of this kind through, so that what isn't asked for need
  /// not be built.
  bool isWanted(Kind kind) const {
    const std::string name = reports::toString(kind);
    return options_.only.empty() ||
           std::any_of(options_.only.begin(), options_.only.end(), [&](const std::string& glob) {
             const std::string part = glob.substr(0, glob.find('/'));
             return part == glob || fnmatch(part.c_str(), name.c_str(), 0) == 0;
           });
  }

  void add(const std::string& check, std::function<Record()> run) {
    const bool is_wanted =
        options_.only.empty() ||
        std::any_of(options_.only.begin(), options_.only.end(),
                    [&](const std::string& glob) { return matchesGlob(glob, check); });
    if (is_wanted) jobs_.push_back({check, std::move(run)});
  }

  /// Of this program, or of those whose names start so.
  void addPrograms(const std::string& prefix, const std::vector<std::string>& arguments = {}) {
    for (Check& check : listAllChecks(workspace_, prefix)) {
      check.arguments = arguments;
      add(check.name, [check] { return runCheck(check); });
    }
  }

  std::vector<std::string> targets() const {
    std::vector<std::string> targets = fuzzTargets(workspace_);
    if (targets.empty()) {
      throw UserError("no fuzz target is built in " + workspace_.shown(workspace_.libexec) +
                      "; build them first: cmake --build build");
    }
    return targets;
  }

  void addCorpus() {
    for (const std::string& target : targets()) {
      add("fuzz/" + target + "-corpus",
          [this, target] { return replayStoredInputs(workspace_, target); });
    }
  }

  void addFuzz() {
    for (const std::string& target : targets()) {
      const FuzzOptions fuzz{.target = target,
                             .seconds = options_.seconds_per_target,
                             .seed = options_.seed,
                             .crash_directory = options_.out / "crashes" / target};
      add("fuzz/" + target, [this, fuzz] { return runFuzz(workspace_, fuzz); });
    }
  }

  void addPeer() {
    const PeerOptions peer{.seed = options_.seed,
                           .seconds = options_.seconds_per_target,
                           .new_findings = options_.out / "findings"};
    for (const Check& check : peerChecks(workspace_, peer)) {
      add(check.name, [check, peer] { return runCheck(check, limitsOf(peer)); });
    }
  }

  void addMutants() {
    // A short campaign: all seeds, so that the report has a median and a spread of each run.
    const MutantOptions mutant_options{.seed = options_.seed,
                                       .trials = {.are_all_run = true},
                                       .crash_directory = options_.out / "mutants"};
    for (const Mutant& mutant : readCatalogue(workspace_)) {
      if (!mutant.is_in_gate) continue;  // `sigproof mutants` runs them all
      add("mutant/" + mutant.name,
          [this, mutant, mutant_options] { return runMutant(workspace_, mutant, mutant_options); });
    }
  }

  const Workspace& workspace_;
  const VerifyOptions& options_;
  std::vector<Job> jobs_;
};

}  // namespace

void requireWritable(const fs::path& directory) {
  const fs::path probe = directory / ".writable";
  try {
    fs::create_directories(directory);
    reports::writeFileWhole(probe, "");
    fs::remove(probe);
  } catch (const std::exception& error) {
    throw UserError(fmt::format("the report can't go to {} ({}); choose another folder with --out",
                                directory.string(), error.what()));
  }
}

int verify(const Workspace& workspace, const VerifyOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  requireWritable(options.out);
  reports::RunInfo run = describeRun(workspace, options.command, options.seed);
  const Plan plan(workspace, options);
  std::vector<Record> records;
  {
    Progress progress(options.style);
    records = runJobs(plan.jobs(), options.concurrency, progress);
  }
  distrustCatchesByFailingChecks(records);
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  // Before the report: if that can't be written after all, what came out is still told.
  fmt::print("{}", summaryOf(run, records));
  return withReport(exitStatusOf(records), workspace, options.out, run, records);
}

}  // namespace sigproof::tool
