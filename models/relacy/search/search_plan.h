// How a model is searched. Completely, if that ends within a budget; otherwise with as many
// preemptions as end within one. In addition at random. A failure is then shortened as far as a
// further budget allows.
//
//   const CheckRun run = carryOut(model, SearchPlan{});
//   run.decisive().search.kind == SearchKind::kFull       // and it ended by itself: exhausted
//
// Budgets are numbers of executions, not seconds, so that every machine gets the same result.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/relacy/engine/search.h"
#include "models/relacy/search/model.h"

namespace sigproof::models {

struct SearchPlan {
  /// Only this search, and the random one; nothing: the plan above.
  std::optional<Search> only{};
  std::uint64_t full_executions = 150'000;
  std::uint64_t bounded_executions = 150'000;  ///< for all bounds together
  std::uint64_t random_executions = 20'000;    ///< for models of several threads
  std::uint64_t shortening_executions = 50'000;
  std::uint64_t seed = 1;
  std::optional<std::chrono::milliseconds> time_limit{};  ///< of each search
  std::string progress_label{};
  /// Called with the first failure, before it is made short and explained.
  std::function<void(const SearchResult&)> on_failure{};
};

struct Attempt {
  Search search{};
  SearchResult result{};
};

/// The failed execution with the fewest preemptions, and among those the fewest steps, that a
/// budget found.
struct ShortestFailure {
  Attempt attempt{};
  std::optional<unsigned> preemptions{};  ///< nothing: a random execution
  std::size_t steps = 0;
  std::uint64_t executions = 0;  ///< spent looking for it
  double seconds = 0;
  std::string note{};  ///< why nothing shorter was looked for; or empty
};

/// The result of one check.
struct CheckRun {
  std::vector<Attempt> attempts{};  ///< in order; at least one
  std::optional<Attempt> random{};
  std::optional<ShortestFailure> shortest{};

  /// The attempt that decides what was shown: the failed one, else the last that ended by itself,
  /// else the first.
  const Attempt& decisive() const;
  /// The failed attempt, the random one included; null if none failed.
  const Attempt* failed() const;
  double seconds() const;
};

CheckRun carryOut(const Model& model, const SearchPlan& plan);

}  // namespace sigproof::models
