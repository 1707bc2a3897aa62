// Runs every mutant's checkers on it, or all checkers that the catalogue names.
//
//   const std::vector<Record> records =
//       runMatrix(workspace, catalogue, mutants, {.budget_minutes = 40, .seed = 7});
//
// It builds some mutants at a time and runs them, so that a run that its budget cuts short has
// whole rows. Before that it runs each checker on the production code, as a control: a checker that
// fails there catches nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "ci/sigproof/mutants/mutant_runner.h"
#include "ci/sigproof/output/progress.h"
#include "ci/sigproof/process/workspace.h"
#include "reports/record/record.h"

namespace sigproof::tool {

struct MatrixOptions {
  bool has_every_checker = false;  ///< all that the catalogue names, for each
  FuzzTrials trials{};             ///< the budget of a fuzz target for one mutant
  bool is_corpus_empty = false;    ///< fuzz targets get no stored inputs
  bool is_building = true;         ///< false: run what is built
  double budget_minutes = 40;      ///< for builds and runs; what doesn't fit is reported as not run
  std::uint32_t seed = 1;
  unsigned concurrency = 2;
  std::filesystem::path crash_directory;
  Progress::Style style = Progress::Style::kPlain;
};

/// The checkers to run on a mutant: its own and, with `has_every_checker`, then all others of
/// `catalogue`.
std::vector<std::string> checkersFor(const Mutant& mutant, const std::vector<Mutant>& catalogue,
                                     bool has_every_checker);

/// For a campaign: the mutants that fuzz targets must catch, with these targets as only checkers.
std::vector<Mutant> forFuzzTargetsAlone(std::vector<Mutant> mutants);

/// The records of the production code's checks, then one for each of `mutants`, a part of
/// `catalogue`. Throws UserError if nothing can be built, and Interrupted.
std::vector<reports::Record> runMatrix(const Workspace& workspace,
                                       const std::vector<Mutant>& catalogue,
                                       const std::vector<Mutant>& mutants,
                                       const MatrixOptions& options);

}  // namespace sigproof::tool
