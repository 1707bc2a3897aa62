#include "models/relacy/search/search_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "models/relacy/search/execution_trace.h"
#include "models/relacy/search/report.h"
#include "reports/record/explain.h"

namespace sigproof::models {
namespace {

// A matrix has many models. Those that are written one by one are few, so each may take longer.
constexpr std::uint64_t kShareOfSingleModels = 4;

class PlannedSearch {
 public:
  PlannedSearch(const Model& model, const SearchPlan& plan) : model_(model), plan_(plan) {
    plan_.full_executions = affordable(plan.full_executions);
    if (!model.axes) plan_.full_executions *= kShareOfSingleModels;
    plan_.bounded_executions = affordable(plan.bounded_executions);
    plan_.random_executions = affordable(plan.random_executions);
    plan_.shortening_executions = affordable(plan.shortening_executions);
  }

  CheckRun carryOut() {
    if (plan_.only) {
      attempt(*plan_.only);
    } else if (attempt({.kind = SearchKind::kFull, .max_executions = plan_.full_executions}) ==
               SearchEnd::kCutShort) {
      raiseBound();
    }
    if (isRandomWanted()) {
      run_.random = search({.kind = SearchKind::kRandom,
                            .random_executions = plan_.random_executions,
                            .seed = plan_.seed});
    }
    if (const Attempt* failed = run_.failed()) {
      if (plan_.on_failure) plan_.on_failure(failed->result);
      run_.shortest = shortenIfPossible(*failed);
    }
    return std::move(run_);
  }

 private:
  // A budget of 1 stays 1.
  std::uint64_t affordable(std::uint64_t executions) const {
    return (executions + model_.execution_cost - 1) / model_.execution_cost;
  }

  Attempt search(Search wanted) const {
    if (!wanted.time_limit) wanted.time_limit = plan_.time_limit;
    wanted.progress_label = plan_.progress_label;
    return {.search = wanted, .result = searchModel(model_, wanted)};
  }

  SearchEnd attempt(const Search& wanted) {
    run_.attempts.push_back(search(wanted));
    return run_.attempts.back().result.end;
  }

  // If only one thread runs at a time, a bound of 0 leaves no preemption out, so the full search
  // was the same.
  void raiseBound() {
    if (model_.thread_count == 1) return;
    std::uint64_t left = plan_.bounded_executions;
    for (unsigned bound = 0; left > 0; ++bound) {
      const SearchEnd end = attempt(
          {.kind = SearchKind::kBounded, .preemption_bound = bound, .max_executions = left});
      if (end != SearchEnd::kEndedByItself) return;
      left -= std::min(left, run_.attempts.back().result.executions);
    }
  }

  // A random search adds nothing after a failure, or where nothing could be shown.
  bool isRandomWanted() const {
    const Attempt& decisive = run_.decisive();
    return model_.thread_count > 1 && plan_.random_executions > 0 &&
           decisive.search.kind != SearchKind::kRandom &&
           decisive.result.end == SearchEnd::kEndedByItself;
  }

  // --- the shortest failure

  // That it failed is known; how short it gets is for those who read it.
  ShortestFailure shortenIfPossible(const Attempt& failed) {
    auto shortest = reports::tryToExplain("a shorter failure", [&] { return shorten(failed); });
    if (shortest.value) return *std::move(shortest.value);
    return {.attempt = failed, .note = shortest.note};
  }

  ShortestFailure shorten(const Attempt& failed) {
    ShortestFailure shortest{.attempt = failed, .steps = stepsOf(failed)};
    budget_ = plan_.shortening_executions;
    if (model_.thread_count == 1 && failed.search.kind == SearchKind::kFull) {
      shortest.preemptions = 0;
    } else if (auto fewest = fewestPreemptions(shortest)) {
      shortest = *fewest;
    }
    shortenSteps(shortest);
    shortest.executions = plan_.shortening_executions - budget_;
    return shortest;
  }

  std::optional<ShortestFailure> fewestPreemptions(ShortestFailure& first) {
    const bool is_bounded = first.attempt.search.kind == SearchKind::kBounded;
    if (is_bounded) first.preemptions = first.attempt.search.preemption_bound;
    // All smaller bounds ran before a bounded attempt, unless it was the only one wanted.
    if (is_bounded && !plan_.only) return std::nullopt;
    for (unsigned bound = 0; budget_ > 0; ++bound) {
      Attempt attempt = spend({.kind = SearchKind::kBounded, .preemption_bound = bound}, first);
      if (attempt.result.end == SearchEnd::kFailed) {
        const std::size_t steps = stepsOf(attempt);
        return ShortestFailure{.attempt = std::move(attempt),
                               .preemptions = bound,
                               .steps = steps,
                               .seconds = first.seconds};
      }
      if (attempt.result.end == SearchEnd::kCutShort) break;
    }
    return std::nullopt;
  }

  // Continues the search after each failure, for one with fewer steps.
  void shortenSteps(ShortestFailure& shortest) {
    constexpr unsigned kMostFailures = 100;
    Attempt last = shortest.attempt;
    for (unsigned failures = 0; failures < kMostFailures && budget_ > 0; ++failures) {
      std::optional<Search> next = searchBehind(last.search, last.result.state);
      if (!next) return;
      Attempt attempt = spend(std::move(*next), shortest);
      if (attempt.result.end != SearchEnd::kFailed) return;
      const std::size_t steps = stepsOf(attempt);
      if (steps < shortest.steps) {
        shortest.steps = steps;
        shortest.attempt = attempt;
      }
      last = std::move(attempt);
    }
  }

  // Searches with what is left of the budget.
  Attempt spend(Search wanted, ShortestFailure& on) {
    wanted.max_executions = budget_;
    wanted.random_executions = budget_;
    Attempt attempt = search(std::move(wanted));
    budget_ -= std::min(budget_, attempt.result.executions);
    on.seconds += attempt.result.seconds;
    return attempt;
  }

  std::size_t stepsOf(const Attempt& failed) const {
    return traceOf(model_, failed.result).steps.size();
  }

  const Model& model_;
  SearchPlan plan_;
  CheckRun run_;
  std::uint64_t budget_ = 0;
};

}  // namespace

const Attempt* CheckRun::failed() const {
  for (const Attempt& attempt : attempts) {
    if (attempt.result.end == SearchEnd::kFailed) return &attempt;
  }
  return random && random->result.end == SearchEnd::kFailed ? &*random : nullptr;
}

const Attempt& CheckRun::decisive() const {
  const Attempt* decisive = &attempts.front();
  for (const Attempt& attempt : attempts) {
    if (attempt.result.end == SearchEnd::kFailed) return attempt;
    if (attempt.result.end == SearchEnd::kEndedByItself) decisive = &attempt;
  }
  return *decisive;
}

double CheckRun::seconds() const {
  double seconds = random ? random->result.seconds : 0;
  for (const Attempt& attempt : attempts) seconds += attempt.result.seconds;
  return seconds;
}

CheckRun carryOut(const Model& model, const SearchPlan& plan) {
  return PlannedSearch(model, plan).carryOut();
}

}  // namespace sigproof::models
