// A run of the suite: what its records have in common.
//
//   RunInfo run{.commit = "1f8064d", .command = "ci/verify"};
#pragma once

#include <string>

namespace sigproof::reports {

/// What is the same for all records of a run.
struct RunInfo {
  std::string commit;      ///< with "-dirty" behind it if the work tree differed
  std::string started_at;  ///< ISO 8601, UTC
  std::string command;     ///< what the person typed
  std::string machine;     ///< processor, cores, operating system
  std::string seed;        ///< the run's; a check's own seed is derived from it
  double seconds = 0;      ///< wall clock
};

}  // namespace sigproof::reports
