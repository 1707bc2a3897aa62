// Builds the check programs of known bugs, in the build folder that the tool stands in.
//
//   const auto faults = buildMutants(workspace, mutants, {.concurrency = 2, .time_limit_s = 600});
//   if (faults.empty()) ...                                    // all are there
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ci/sigproof/mutants/mutant_runner.h"
#include "ci/sigproof/process/workspace.h"
#include "reports/record/record.h"

namespace sigproof::tool {

struct BuildOptions {
  unsigned concurrency = 2;  ///< compilers at a time
  double time_limit_s = 0;
};

/// Why a known bug has no programs.
struct BuildFault {
  enum class Reason : std::uint8_t {
    kDoesNotApply,  ///< its patch is of a core that is no more
    kDoesNotBuild,
    kOutOfTime,
  };
  Reason reason = Reason::kDoesNotBuild;
  std::string said;  ///< the build's own words
};

/// Builds the targets mutant_<name>, and `extra_targets` with them. Gives the faults by name,
/// without those that were built; one that doesn't build keeps no other from being built. Throws
/// UserError if there is no build folder, and Interrupted.
std::map<std::string, BuildFault> buildMutants(const Workspace& workspace,
                                               const std::vector<Mutant>& mutants,
                                               const BuildOptions& options,
                                               const std::vector<std::string>& extra_targets = {});

/// Configures the build folder again, with every checker for every known bug or with those that are
/// assigned. Throws UserError with cmake's words if that fails, and Interrupted.
void configureMutants(const Workspace& workspace, bool has_every_checker);

/// The verdict of a compiler on "compile/FILE" with the known bug: failed if it refused the file,
/// which catches the bug, passed if it took it.
reports::Record runCompileCheck(const Workspace& workspace, const Mutant& mutant,
                                const std::string& check);

/// "compile/FILE".
bool isCompileCheck(const std::string& check);

}  // namespace sigproof::tool
