#include "models/stepping/struck_once.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "models/stepping/heap.h"

namespace sigproof::stepping {
namespace {

/// Instructions that a case may step. An operation of up to 547 boundaries is struck at each of
/// them within it, a longer one at as many, evenly spread, as it allows.
constexpr std::size_t kMaxSteps = 150'000;

std::size_t strideFor(std::size_t boundaries) {
  const std::size_t steps = boundaries * (boundaries + 1) / 2;
  return std::max<std::size_t>(1, (steps + kMaxSteps - 1) / kMaxSteps);
}

CaseResult strikeOneByOne(const Case& one) {
  constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
  CaseResult sum = one.run({.selection = Selection({kNever})});
  const std::size_t stride = strideFor(sum.boundaries);
  sum.is_sampled = stride > 1;
  for (std::size_t i = 0; i < sum.boundaries && !sum.failure; i += stride) {
    CaseResult result = one.run({.selection = Selection({i}).withoutTheRest()});
    sum.state_count += result.state_count;
    sum.is_complete = sum.is_complete && result.is_complete;
    sum.states = std::move(result.states);
    sum.failure = std::move(result.failure);
  }
  return sum;
}

}  // namespace

Case struckOnce(const Case& one) {
  return {one.name, [one](const CasePlan& plan) {
            const bool is_whole = plan.is_stepped && plan.selection.isAll() && !plan.inner;
            return is_whole ? strikeOneByOne(one) : one.run(plan);
          }};
}

std::vector<Case> struckOnce(const std::vector<Case>& cases) {
  std::vector<Case> struck;
  for (const Case& one : cases) {
    if (!one.name.starts_with(toString(HeapMode::kMalloc))) continue;
    struck.push_back(struckOnce(Case{one.name + "-struck-once", one.run}));
  }
  return struck;
}

}  // namespace sigproof::stepping
