// Every known bug against its checkers, or against all checkers that the catalogue names.
//
//   const std::vector<Record> records = runMatrix(workspace, mutants, {.budget_minutes = 40, .seed
//   = 7});
//
// Builds what it runs, some known bugs at a time, so that a run that its budget cuts short has
// whole rows. Before the mutants each checker runs on the production code, as a control: what fails
// there catches nothing.
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
  FuzzTrials trials{};             ///< what a fuzz target has for one known bug
  bool is_corpus_empty = false;    ///< fuzz targets get no stored inputs
  bool is_building = true;         ///< false: run what is built
  double budget_minutes = 40;      ///< builds and runs; what doesn't fit in is not run, and told so
  std::uint32_t seed = 1;
  unsigned concurrency = 2;
  std::filesystem::path crash_directory;
  Progress::Style style = Progress::Style::kPlain;
};

/// The checkers that a mutant is given: its own, or all of `catalogue`'s, those of its own first.
std::vector<std::string> checkersFor(const Mutant& mutant, const std::vector<Mutant>& catalogue,
                                     bool has_every_checker);

/// Those that fuzz targets must catch, with no other checkers: for a campaign.
std::vector<Mutant> forFuzzTargetsAlone(std::vector<Mutant> mutants);

/// The records of the production code's checks, then one for each of `mutants`, which are of
/// `catalogue`. Throws UserError if nothing can be built, and Interrupted.
std::vector<reports::Record> runMatrix(const Workspace& workspace,
                                       const std::vector<Mutant>& catalogue,
                                       const std::vector<Mutant>& mutants,
                                       const MatrixOptions& options);

}  // namespace sigproof::tool
