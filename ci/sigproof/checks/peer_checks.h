// The checks of sigproof-peer, which compare core with another runtime.
//
//   for (const Check& check : peerChecks(workspace, {.seed = 7, .seconds = 60})) {
//     const Record record = runCheck(check, limitsOf(options));
//   }
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "ci/sigproof/checks/check_program.h"
#include "ci/sigproof/process/workspace.h"

namespace sigproof::tool {

struct PeerOptions {
  std::uint32_t seed = 0;        ///< 0: the program's own
  unsigned seconds = 0;          ///< of comparing; 0: no end by time
  std::uint64_t modules = 0;     ///< 0: no end by number
  bool is_first_enough = false;  ///< ends with the first new finding
  std::filesystem::path new_findings =
      {};  ///< where files of new ones go; empty: the program's own
};

/// Throws UserError if the program isn't built or can't say what it has.
std::vector<Check> peerChecks(const Workspace& workspace, const PeerOptions& options);

/// What such a run may take.
CheckLimits limitsOf(const PeerOptions& options);

}  // namespace sigproof::tool
