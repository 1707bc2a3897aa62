#include "models/stepping/engine/pairs.h"

#include <random>
#include <utility>

namespace sigproof::stepping {
namespace {

class Pairs {
 public:
  Pairs(const std::vector<Case>& cases, const std::vector<std::vector<std::uint32_t>>& boundaries)
      : cases_(cases), boundaries_(boundaries) {
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const std::uint64_t count = boundaries[i].size();
      if (count < 2) continue;
      eligible_.push_back(i);
      result_.possible_pairs += count * (count - 1) / 2;
      result_.possible_nested += count;
    }
  }

  PairsResult tryAll() && {
    for (const std::size_t one : eligible_) {
      const std::vector<std::uint32_t>& of_case = boundaries_[one];
      for (std::size_t i = 0; i < of_case.size(); ++i) {
        if (!tryNested(one, of_case[i])) return std::move(result_);
        for (std::size_t j = i + 1; j < of_case.size(); ++j) {
          if (!tryPair(one, of_case[i], of_case[j])) return std::move(result_);
        }
      }
    }
    return std::move(result_);
  }

  PairsResult trySample(const PairsPlan& plan) && {
    if (eligible_.empty()) return std::move(result_);
    std::mt19937_64 random(plan.seed);
    constexpr std::size_t kPairsToOneNested = 4;
    for (std::size_t i = 0; i < plan.count && steps_ < plan.max_steps; ++i) {
      const std::size_t one = eligible_[random() % eligible_.size()];
      const std::vector<std::uint32_t>& of_case = boundaries_[one];
      const std::size_t later = 1 + random() % (of_case.size() - 1);
      const std::size_t earlier = random() % later;
      if (!tryPair(one, of_case[earlier], of_case[later])) break;
      if (i % kPairsToOneNested == 0 && !tryNested(one, of_case[later])) break;
    }
    return std::move(result_);
  }

 private:
  bool tryPair(std::size_t one, std::size_t earlier, std::size_t later) {
    ++result_.pairs;
    return holds(one, {.selection = Selection({earlier, later})});
  }

  bool tryNested(std::size_t one, std::size_t boundary) {
    ++result_.nested;
    const CasePlan plan{.selection = Selection({boundary}), .inner = Selection()};
    if (holds(one, plan)) return true;
    const std::size_t inner_boundaries = result_.failed.inner_boundaries;
    for (std::size_t inner = 0; inner < inner_boundaries; ++inner) {
      if (!holds(one, {.selection = plan.selection, .inner = Selection({inner})})) break;
    }
    return false;
  }

  bool holds(std::size_t one, const CasePlan& plan) {
    CaseResult result = cases_[one].run(plan);
    result_.inner_boundaries += result.inner_boundaries;
    steps_ += result.boundaries + result.inner_boundaries;
    if (!result.failure) return true;
    result_.failed_case = one;
    result_.failed = std::move(result);
    result_.failed_plan = plan;
    return false;
  }

  const std::vector<Case>& cases_;
  const std::vector<std::vector<std::uint32_t>>& boundaries_;
  std::vector<std::size_t> eligible_;
  PairsResult result_;
  std::uint64_t steps_ = 0;
};

}  // namespace

PairsResult tryPairs(const std::vector<Case>& cases,
                     const std::vector<std::vector<std::uint32_t>>& boundaries,
                     const PairsPlan& plan) {
  Pairs pairs(cases, boundaries);
  return plan.is_all ? std::move(pairs).tryAll() : std::move(pairs).trySample(plan);
}

}  // namespace sigproof::stepping
