// Builds the check programs of mutants, in the build folder of the tool itself.
//
//   const auto faults = buildMutants(workspace, mutants, {.concurrency = 2, .time_limit_s = 600});
//   if (faults.empty()) ...                                    // all are built
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

/// Why a mutant has no programs.
struct BuildFault {
  enum class Reason : std::uint8_t {
    kDoesNotApply,  ///< core has changed since its patch was made
    kDoesNotBuild,
    kOutOfTime,
  };
  Reason reason = Reason::kDoesNotBuild;
  std::string said;  ///< the build's own message
};

/// Builds the targets mutant_<name> and `extra_targets`. Returns the faults of those mutants that
/// don't build, by name; the others are built all the same. Throws UserError if there is no build
/// folder, and Interrupted.
std::map<std::string, BuildFault> buildMutants(const Workspace& workspace,
                                               const std::vector<Mutant>& mutants,
                                               const BuildOptions& options,
                                               const std::vector<std::string>& extra_targets = {});

/// Configures the build folder again, with every checker for every mutant or with each mutant's
/// own. Throws UserError with cmake's message if that fails, and Interrupted.
void configureMutants(const Workspace& workspace, bool has_every_checker);

/// Compiles FILE of "compile/FILE" with the mutant's core. Failed: a static assertion refused it,
/// which catches the mutant. Passed: it compiles.
reports::Record runCompileCheck(const Workspace& workspace, const Mutant& mutant,
                                const std::string& check);

/// Whether `check` is of the form "compile/FILE".
bool isCompileCheck(const std::string& check);

}  // namespace sigproof::tool
