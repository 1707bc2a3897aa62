// Shared by the `run` subcommands: runs a few checks with progress and prints the results.
//
//   context.exit_status = runAndTell(jobs, {.is_json = true});
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ci/sigproof/runs/job_pool.h"
#include "reports/record/record.h"

namespace sigproof::tool {

struct TellOptions {
  bool is_json = false;      ///< records on stdout, one JSON object a line
  unsigned concurrency = 1;  ///< checks at a time
};

/// Progress goes to stderr; stdout gets the evidence of what failed, or the records. Gives the exit
/// status: 0 passed, 1 something failed or stayed unfinished, 3 all was skipped.
int runAndTell(const std::vector<Job>& jobs, const TellOptions& options);

/// The same for records that are there already.
int tell(const std::vector<reports::Record>& records, bool is_json);

/// A seed from the system's source of randomness, in kSeedRange.
std::uint32_t randomSeed();

/// Two checks at a time on two cores.
unsigned defaultConcurrency();

}  // namespace sigproof::tool
