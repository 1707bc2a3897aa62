// Two preemptions: a handler at one boundary of an operation and another at a later one; or a
// handler that is stepped as well, and another handler at each of its instructions.
//
//   const PairsResult result = tryPairs(cases, boundaries, {.count = 32, .seed = 7});
//   result.pairs;            // of result.possible_pairs
//
// Only boundaries in the program's own text count. Within malloc or the unwinder a handler sees
// what it sees when the program calls them, as the run over all single boundaries has shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/stepping/engine/check.h"

namespace sigproof::stepping {

/// How much to try: everything, or `count` random pairs and a quarter as many handlers that are
/// stepped. `seed` chooses them. Fewer if that takes more than `max_steps` instructions.
struct PairsPlan {
  bool is_all = false;
  std::size_t count = 32;
  std::uint64_t max_steps = 500'000;
  std::uint64_t seed = 1;
};

struct PairsResult {
  std::uint64_t possible_pairs = 0;
  std::uint64_t pairs = 0;            ///< how many ran
  std::uint64_t possible_nested = 0;  ///< boundaries at which a handler can be stepped inside
  std::uint64_t nested = 0;           ///< at which one was, at all of its instructions
  std::uint64_t inner_boundaries = 0;
  std::optional<std::size_t> failed_case;  ///< index of the failed case, which ran last
  CaseResult failed;                       ///< its result
  CasePlan failed_plan;  ///< repeats it; with one inner boundary, if one is enough
};

/// Runs the cases at pairs of their `boundaries` (one sorted list for each case) until one fails.
PairsResult tryPairs(const std::vector<Case>& cases,
                     const std::vector<std::vector<std::uint32_t>>& boundaries,
                     const PairsPlan& plan);

}  // namespace sigproof::stepping
