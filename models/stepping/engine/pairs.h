// Two preemptions: a handler at one boundary of an operation and another at a later one, and a
// handler at a boundary that is stepped as well, another one acting at each of its instructions.
//
//   const PairsResult result = tryPairs(cases, boundaries, {.count = 32, .seed = 7});
//   result.pairs;            // of result.possible_pairs
//
// Of each case the boundaries in the program's own text count: within malloc or the unwinder a
// handler sees what it sees at the program's call of it, as the run over all single boundaries has
// shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/stepping/engine/check.h"

namespace sigproof::stepping {

/// How much to try: everything, or `count` pairs and a quarter as many handlers stepped inside,
/// chosen at random by `seed`; fewer where that is more than `max_steps` instructions.
struct PairsPlan {
  bool is_all = false;
  std::size_t count = 32;
  std::uint64_t max_steps = 500'000;
  std::uint64_t seed = 1;
};

struct PairsResult {
  std::uint64_t possible_pairs = 0;
  std::uint64_t pairs = 0;            ///< that were run
  std::uint64_t possible_nested = 0;  ///< boundaries at which a handler can be stepped inside
  std::uint64_t nested = 0;           ///< at which it was, with a handler at each of its boundaries
  std::uint64_t inner_boundaries = 0;
  std::optional<std::size_t> failed_case;  ///< index of the case that failed, the last one run
  CaseResult failed;                       ///< what it did
  CasePlan failed_plan;  ///< what repeats it; one inner boundary, if one is enough
};

/// Runs the cases at pairs of their `boundaries` (one sorted list for each case) up to the first
/// that fails.
PairsResult tryPairs(const std::vector<Case>& cases,
                     const std::vector<std::vector<std::uint32_t>>& boundaries,
                     const PairsPlan& plan);

}  // namespace sigproof::stepping
