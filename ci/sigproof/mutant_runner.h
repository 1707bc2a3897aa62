// Known bugs put back into a copy of core: each must be caught.
//
//   for (const Mutant& mutant : readCatalogue(workspace)) {
//     const Record record = runMutant(workspace, mutant, {.seed = 7, .crash_directory =
//     "build/..."});
//   }
//
// A mutant's checkers are the ordinary check programs, built from the patched copy. They run in the
// catalogue's order until one catches the bug.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ci/sigproof/workspace.h"
#include "reports/record.h"

namespace sigproof::tool {

/// A fuzz target has this long for one mutant, split among so many seeds: one seed's bad luck must
/// not look like a bug that can't be seen.
inline constexpr unsigned kMutantFuzzSeconds = 60;
inline constexpr unsigned kMutantFuzzSeeds = 3;

struct Mutant {
  std::string name;
  std::vector<std::string> breaks;  ///< properties
  std::string origin;
  std::string description;
  std::vector<std::string> checkers;  ///< "model/...", "stepping/...", "fuzz/...", in order
  std::filesystem::path libexec;      ///< its own check programs
};

struct MutantOptions {
  std::uint32_t seed = 1;
  unsigned fuzz_seconds = kMutantFuzzSeconds;
  std::filesystem::path crash_directory;  ///< inputs that caught it: <this>/<mutant>/
};

/// Throws UserError if the catalogue isn't there or can't be read.
std::vector<Mutant> readCatalogue(const Workspace& workspace);

/// The record mutant/<name>: passed if a checker's verdict was failed, failed if all had a clean
/// pass, unfinished if no checker caught it and one had no verdict. Throws Interrupted.
reports::Record runMutant(const Workspace& workspace, const Mutant& mutant,
                          const MutantOptions& options);

/// A check that doesn't pass on the production code proves nothing about a mutant: where `records`
/// has such a check as a mutant's catcher, the mutant becomes unfinished.
void distrustCatchesByFailingChecks(std::vector<reports::Record>& records);

}  // namespace sigproof::tool
