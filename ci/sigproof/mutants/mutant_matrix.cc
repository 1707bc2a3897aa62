#include "ci/sigproof/mutants/mutant_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include "ci/sigproof/mutants/mutant_build.h"
#include "ci/sigproof/runs/job_pool.h"

namespace sigproof::tool {
namespace {

using reports::Record;
using Clock = std::chrono::steady_clock;

/// Enough to keep the compilers busy. Few, because what is built and not run any more when the
/// budget ends is lost.
constexpr std::size_t kMutantsAtATime = 12;
constexpr const char* kControlTarget = "mutants_control";
/// The name of the production code in the place of a mutant.
constexpr const char* kControl = "control";

/// The time that the run may take.
class Budget {
 public:
  explicit Budget(double minutes)
      : end_(Clock::now() + std::chrono::duration<double>(minutes * 60)) {}
  double leftS() const {
    return std::max(0.0, std::chrono::duration<double>(end_ - Clock::now()).count());
  }
  bool isSpent() const { return leftS() <= 0; }

 private:
  std::chrono::time_point<Clock, std::chrono::duration<double>> end_;
};

void addEachOnce(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& item : more) {
    if (std::ranges::find(list, item) == list.end()) list.push_back(item);
  }
}

Attempt attemptWithout(const std::string& checker, Outcome outcome, const std::string& why) {
  Attempt attempt{checker, outcome, {}};
  attempt.record.check = checker;
  attempt.record.summary = why;
  return attempt;
}

Outcome outcomeOf(BuildFault::Reason reason) {
  switch (reason) {
    case BuildFault::Reason::kDoesNotApply:
      return Outcome::kDoesNotApply;
    case BuildFault::Reason::kDoesNotBuild:
      return Outcome::kDoesNotBuild;
    case BuildFault::Reason::kOutOfTime:
      break;
  }
  return Outcome::kNotRun;
}

/// What the progress line shows for a checker on a mutant.
Record shownOf(const Mutant& mutant, const Attempt& attempt) {
  Record shown = attempt.record;
  shown.check = fmt::format("{} by {}", mutant.name, attempt.checker);
  const bool is_expected_miss = attempt.outcome == Outcome::kMissed && mutant.isAccepted();
  if (mutant.name == kControl || is_expected_miss) return shown;
  shown.kind = reports::Kind::kMutant;
  switch (attempt.outcome) {
    case Outcome::kCaught:
      shown.verdict = reports::Verdict::kPassed;
      shown.summary = fmt::format("{:.1f} s: {}", attempt.record.seconds, attempt.record.summary);
      break;
    case Outcome::kMissed:
      shown.verdict = reports::Verdict::kFailed;
      break;
    default:
      shown.verdict = reports::Verdict::kUnfinished;
  }
  return shown;
}

class Matrix {
 public:
  Matrix(const Workspace& workspace, const std::vector<Mutant>& catalogue,
         const MatrixOptions& options)
      : workspace_(workspace),
        catalogue_(catalogue),
        options_(options),
        budget_(options.budget_minutes) {}

  /// Runs the checkers on the production code. Returns their own records.
  std::vector<Record> runControl(const std::vector<Mutant>& mutants) {
    Mutant control{.name = kControl,
                   .breaks = {},
                   .origin = "",
                   .description = "",
                   .checkers = {},
                   .missed_by = {},
                   .accepted_because = "",
                   .files = {},
                   .libexec = workspace_.libexec};
    for (const Mutant& mutant : mutants) addEachOnce(control.checkers, checkers(mutant));
    std::erase_if(control.checkers, isCompileCheck);
    tell("building the control: the checkers of core as it is");
    if (options_.is_building) {
      buildMutants(workspace_, {}, buildOptions(), {kControlTarget});
    }
    tell(fmt::format("running the control: {} checks", control.checkers.size()));
    std::vector<Record> records;
    Attempts attempts = runPairs({control});
    for (Attempt& attempt : attempts.at(control.name)) {
      // A check that was not run has no verdict on the production code.
      if (attempt.outcome != Outcome::kNotRun) records.push_back(std::move(attempt.record));
    }
    return records;
  }

  std::vector<Record> runMutants(const std::vector<Mutant>& mutants) {
    std::vector<Record> records;
    for (std::size_t i = 0; i < mutants.size(); i += kMutantsAtATime) {
      const auto first = mutants.begin() + static_cast<std::ptrdiff_t>(i);
      const auto last = mutants.begin() +
                        static_cast<std::ptrdiff_t>(std::min(i + kMutantsAtATime, mutants.size()));
      const std::vector<Mutant> some(first, last);
      tell(fmt::format("mutants {} to {} of {}: building", i + 1, i + some.size(), mutants.size()));
      auto attempts = runSome(some);
      for (const Mutant& mutant : some) {
        records.push_back(blankMutantRecord(mutant, options_.seed));
        settleMutant(records.back(), mutant, attempts.at(mutant.name),
                     workspace_.shown(mutant.libexec));
      }
    }
    return records;
  }

 private:
  using Attempts = std::map<std::string, std::vector<Attempt>>;

  std::vector<std::string> checkers(const Mutant& mutant) const {
    return checkersFor(mutant, catalogue_, options_.has_every_checker);
  }

  BuildOptions buildOptions() const {
    return {.concurrency = options_.concurrency, .time_limit_s = budget_.leftS()};
  }

  void tell(const std::string& line) const {
    if (options_.style != Progress::Style::kQuiet) fmt::print(stderr, "{}\n", line);
  }

  // Builds the mutants and runs those that build. The others' attempts say why they don't.
  Attempts runSome(const std::vector<Mutant>& mutants) {
    std::map<std::string, BuildFault> faults;
    if (budget_.isSpent()) {
      for (const Mutant& mutant : mutants) {
        faults[mutant.name] = {BuildFault::Reason::kOutOfTime, "not run for lack of time"};
      }
    } else if (options_.is_building) {
      faults = buildMutants(workspace_, mutants, buildOptions());
    }
    std::vector<Mutant> built;
    for (const Mutant& mutant : mutants) {
      if (!faults.contains(mutant.name)) built.push_back(mutant);
    }
    Attempts attempts = runPairs(built);
    for (const Mutant& mutant : mutants) {
      const auto fault = faults.find(mutant.name);
      if (fault == faults.end()) continue;
      for (const std::string& checker : checkers(mutant)) {
        attempts[mutant.name].push_back(
            attemptWithout(checker, outcomeOf(fault->second.reason), fault->second.said));
      }
    }
    return attempts;
  }

  Attempt runPair(const Mutant& mutant, const std::string& checker) const {
    if (budget_.isSpent()) {
      return attemptWithout(checker, Outcome::kNotRun, "not run for lack of time");
    }
    FuzzTrials trials = options_.trials;
    // In a campaign all seeds run. On the production code one is enough to see that a target
    // passes.
    if (trials.are_all_run && mutant.name == kControl) trials.seeds = 1;
    return runChecker(workspace_, mutant, checker,
                      {.seed = options_.seed,
                       .trials = trials,
                       .is_corpus_empty = options_.is_corpus_empty,
                       .crash_directory = options_.crash_directory});
  }

  Attempts runPairs(const std::vector<Mutant>& mutants) const {
    Attempts attempts;
    std::vector<Job> jobs;
    for (const Mutant& mutant : mutants) {
      const std::vector<std::string> list =
          mutant.name == kControl ? mutant.checkers : checkers(mutant);
      std::vector<Attempt>& row = attempts[mutant.name];
      row.resize(list.size());
      for (std::size_t i = 0; i < list.size(); ++i) {
        // Each job writes an attempt of its own.
        jobs.push_back(
            {mutant.name + " by " + list[i], [this, mutant, checker = list[i], &attempt = row[i]] {
               attempt = runPair(mutant, checker);
               return shownOf(mutant, attempt);
             }});
      }
    }
    Progress progress(options_.style);
    runJobs(jobs, options_.concurrency, progress);
    return attempts;
  }

  const Workspace& workspace_;
  const std::vector<Mutant>& catalogue_;
  const MatrixOptions& options_;
  const Budget budget_;
};

}  // namespace

std::vector<std::string> checkersFor(const Mutant& mutant, const std::vector<Mutant>& catalogue,
                                     bool has_every_checker) {
  std::vector<std::string> checkers = mutant.checkers;
  addEachOnce(checkers, mutant.missed_by);
  if (!has_every_checker) return checkers;
  for (const Mutant& other : catalogue) {
    addEachOnce(checkers, other.checkers);
    addEachOnce(checkers, other.missed_by);
  }
  return checkers;
}

std::vector<Mutant> forFuzzTargetsAlone(std::vector<Mutant> mutants) {
  const auto is_other = [](const std::string& checker) { return !checker.starts_with("fuzz/"); };
  for (Mutant& mutant : mutants) {
    std::erase_if(mutant.checkers, is_other);
    mutant.missed_by.clear();
  }
  std::erase_if(mutants, [](const Mutant& mutant) { return mutant.checkers.empty(); });
  return mutants;
}

std::vector<Record> runMatrix(const Workspace& workspace, const std::vector<Mutant>& catalogue,
                              const std::vector<Mutant>& mutants, const MatrixOptions& options) {
  Matrix matrix(workspace, catalogue, options);
  std::vector<Record> records = matrix.runControl(mutants);
  for (Record& record : matrix.runMutants(mutants)) records.push_back(std::move(record));
  distrustCatchesByFailingChecks(records);
  return records;
}

}  // namespace sigproof::tool
