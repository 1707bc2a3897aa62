// A fuzz target with several seeds: how long until it sees a bug that is there.
//
//   const Record record = runFuzzTrials(workspace, {.target = "list", .seed = 7},
//                                       {.seeds = 5, .seconds_each = 60, .are_all_run = true});
//
// One seed's bad luck must not look like a bug that can't be seen, nor one seed's good luck like a
// bug that is always seen.
#pragma once

#include <cstdint>
#include <functional>

#include "ci/sigproof/fuzz/fuzz_runner.h"
#include "ci/sigproof/process/workspace.h"
#include "reports/record/record.h"

namespace sigproof::tool {

struct FuzzTrials {
  unsigned seeds = 3;          ///< the given one and those after it
  unsigned seconds_each = 20;  ///< how long a seed that sees nothing runs
  bool are_all_run = false;    ///< else the first that sees something is the last
};

/// A campaign as it is published: Klees et al., "Evaluating Fuzz Testing" (CCS 2018), ask for
/// several trials and a spread; five are what a night has time for.
inline constexpr FuzzTrials kCampaign{.seeds = 5, .seconds_each = 60, .are_all_run = true};

/// Runs `run_one` with one seed after the other, from `first_seed`. Gives the record of the first
/// seed that saw something (failed), or of the last. Where all are run it is of the seed that was
/// the median, failed if that one saw something within its time, and its
/// detail has "seeds": [{"seed", "seconds", "executions", "is_caught"}] in the order in which they
/// ran, and "median_s", "least_s", "most_s" of those that saw it. A seed without a verdict (a crash
/// of its own) ends the trials, and its record is given. `seconds` and `executions` are those of
/// all that ran.
reports::Record runTrials(std::uint32_t first_seed, const FuzzTrials& trials,
                          const std::function<reports::Record(std::uint32_t seed)>& run_one);

/// The same of a fuzz target, from options.seed, each seed for trials.seconds_each. Throws what
/// runFuzz() throws.
reports::Record runFuzzTrials(const Workspace& workspace, FuzzOptions options,
                              const FuzzTrials& trials);

}  // namespace sigproof::tool
