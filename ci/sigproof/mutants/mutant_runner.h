// Known bugs put back into a copy of core: each must be caught.
//
//   for (const Mutant& mutant : readCatalogue(workspace)) {
//     const Record record = runMutant(workspace, mutant, {.seed = 7, .crash_directory =
//     "build/..."});
//   }
//
// A mutant's checkers are the ordinary check programs, built with the bug in them. Each of them
// must catch it. mutant_matrix.h builds and runs the whole catalogue, ci/verify only the canaries
// in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ci/sigproof/fuzz/fuzz_trials.h"
#include "ci/sigproof/process/workspace.h"
#include "reports/record/record.h"

namespace sigproof::tool {

struct Mutant {
  std::string name;
  std::vector<reports::Property> breaks;
  std::string origin;
  std::string description;
  std::vector<std::string> checkers;   ///< that must catch it: "model/...", "fuzz/...", in order
  std::vector<std::string> missed_by;  ///< that were given it in vain, where it is argued
  std::string argued;                  ///< why nothing catches it; empty: something must
  std::vector<std::string> files;      ///< that it changes: "core/list/atomic_list.h"
  bool is_in_gate = false;             ///< ci/verify builds and runs it each time
  std::filesystem::path libexec;       ///< its own check programs

  /// Whether it counts as argued: nothing is said to catch it.
  bool isArgued() const { return checkers.empty(); }
};

/// What one checker made of one mutant.
enum class Outcome : std::uint8_t {
  kCaught,
  kMissed,        ///< a clean pass
  kNoVerdict,     ///< it crashed, hung, or can't run here
  kDoesNotApply,  ///< the patch is of a core that is no more
  kDoesNotBuild,
  kNotRun,  ///< for lack of time
};

/// "caught", "missed", "no verdict", "does not apply", "does not build", "not run".
std::string toString(Outcome outcome);

/// A verdict of one checker on one mutant.
struct Attempt {
  std::string checker;
  Outcome outcome = Outcome::kNotRun;
  reports::Record record;  ///< the checker's own; of a pair that was not run, only a summary
};

struct MutantOptions {
  std::uint32_t seed = 1;
  FuzzTrials trials{};                    ///< what a fuzz target has for one mutant
  bool is_corpus_empty = false;           ///< fuzz targets get no stored inputs
  std::filesystem::path crash_directory;  ///< inputs that caught it: <this>/<mutant>/
};

/// Throws UserError if the catalogue isn't there or can't be read.
std::vector<Mutant> readCatalogue(const Workspace& workspace);

/// One checker on one mutant. Throws Interrupted.
Attempt runChecker(const Workspace& workspace, const Mutant& mutant, const std::string& checker,
                   const MutantOptions& options);

/// The record mutant/<name> without a verdict yet: what the bug is and how it is run again.
reports::Record blankMutantRecord(const Mutant& mutant, std::uint32_t seed);

/// Gives the record its verdict: passed if each of the mutant's checkers caught it, or if it is
/// argued and none did; failed if one missed it, if it is argued and caught all the same, or if its
/// patch does not apply; else unfinished. `libexec` is the mutant's, as it is typed.
void settleMutant(reports::Record& record, const Mutant& mutant,
                  const std::vector<Attempt>& attempts, const std::string& libexec);

/// Runs the mutant's checkers, one after the other. Throws Interrupted.
reports::Record runMutant(const Workspace& workspace, const Mutant& mutant,
                          const MutantOptions& options);

/// A check that doesn't pass on the production code proves nothing about a mutant: where `records`
/// has such a check as a mutant's catcher, the mutant becomes unfinished.
void distrustCatchesByFailingChecks(std::vector<reports::Record>& records);

}  // namespace sigproof::tool
