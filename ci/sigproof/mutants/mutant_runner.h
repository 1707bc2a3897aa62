// Mutants: known bugs, each put into a copy of core. Its checkers must catch it.
//
//   for (const Mutant& mutant : readCatalogue(workspace)) {
//     const Record record = runMutant(workspace, mutant, {.seed = 7, .crash_directory =
//     "build/x"});
//   }
//
// A mutant's checkers are the ordinary check programs, compiled with the bug. Each checker must
// catch it. mutant_matrix.h builds and runs the whole catalogue; ci/verify runs the canaries.
//
// CMake reads the patches (ci/mutants/read_mutant.cmake) and writes what it read into
// catalogue.json, a JSON object for each mutant. This code only queries that file.
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
  std::vector<std::string> missed_by;  ///< checks that must not catch it, where it is accepted
  std::string accepted_because;        ///< why no check catches it; empty: its checkers do
  std::vector<std::string> files;      ///< that it changes: "core/list/atomic_list.h"
  bool is_in_gate = false;             ///< ci/verify builds and runs it each time
  std::filesystem::path libexec;       ///< its own check programs

  /// Whether it counts as accepted: it names no checker that catches it.
  bool isAccepted() const { return checkers.empty(); }
};

/// The result of one checker on one mutant.
enum class Outcome : std::uint8_t {
  kCaught,
  kMissed,        ///< a clean pass
  kNoVerdict,     ///< it crashed, hung, or can't run here
  kDoesNotApply,  ///< core has changed since the patch was made
  kDoesNotBuild,
  kNotRun,  ///< for lack of time
};

/// "caught", "missed", "no verdict", "does not apply", "does not build", "not run".
std::string toString(Outcome outcome);

/// A verdict of one checker on one mutant.
struct Attempt {
  std::string checker;
  Outcome outcome = Outcome::kNotRun;
  reports::Record record;  ///< the checker's own; only a summary if it did not run
};

struct MutantOptions {
  std::uint32_t seed = 1;
  FuzzTrials trials{};                    ///< the budget of a fuzz target for one mutant
  bool is_corpus_empty = false;           ///< fuzz targets get no stored inputs
  std::filesystem::path crash_directory;  ///< inputs that caught it: <this>/<mutant>/
};

/// Throws UserError if catalogue.json is missing, is no JSON, or lacks a member of a mutant.
std::vector<Mutant> readCatalogue(const Workspace& workspace);

/// One checker on one mutant. Throws Interrupted.
Attempt runChecker(const Workspace& workspace, const Mutant& mutant, const std::string& checker,
                   const MutantOptions& options);

/// The record mutant/<name> without a verdict yet. It says what the bug is and how to run it again.
reports::Record blankMutantRecord(const Mutant& mutant, std::uint32_t seed);

/// Gives the record its verdict. `libexec` is the mutant's, as a user would type it.
///
/// - Passed: each of the mutant's checkers caught it, or it is accepted and no check caught it.
/// - Failed: a checker missed it, or it is accepted and a check caught it, or its patch doesn't
///   apply.
/// - Unfinished: anything else.
void settleMutant(reports::Record& record, const Mutant& mutant,
                  const std::vector<Attempt>& attempts, const std::string& libexec);

/// Runs the mutant's checkers, one after the other. Throws Interrupted.
reports::Record runMutant(const Workspace& workspace, const Mutant& mutant,
                          const MutantOptions& options);

/// Makes a mutant unfinished if a check that caught it doesn't pass on the production code either:
/// such a check proves nothing about the mutant. `records` holds both.
void distrustCatchesByFailingChecks(std::vector<reports::Record>& records);

}  // namespace sigproof::tool
