#include "models/stepping/judge/list_judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace sigproof::stepping {
namespace {

using Ids = std::span<const ElementId>;
using Complaint = std::optional<std::string>;  // what was expected

bool contains(Ids ids, ElementId id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

bool isAlive(const ListState& state, ElementId id) { return (state.alive >> id & 1) != 0; }

std::string list(Ids ids) {
  return ids.empty() ? std::string("nothing") : fmt::format("{}", fmt::join(ids, " "));
}

// L2: each at most once, newest first.
Complaint judgeOrder(const ListState& state) {
  const Ids ids = state.ids();
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (contains(ids.first(i), ids[i])) {
      return fmt::format("each element at most once, but {} was visited twice", ids[i]);
    }
    if (ids[i] > ids[i - 1]) {
      return fmt::format("newest first, but {} came before {}", ids[i - 1], ids[i]);
    }
  }
  return std::nullopt;
}

// L3: visits nothing that is in neither list, and everything that is in both.
Complaint judgeMembers(const ListState& state, const ListExpectation& expectation) {
  for (const ElementId id : state.ids()) {
    if (!contains(expectation.before, id) && !contains(expectation.after, id)) {
      return fmt::format("only elements of the list, but {} is in it neither before nor after", id);
    }
  }
  for (const ElementId id : expectation.before) {
    if (contains(expectation.after, id) && !contains(state.ids(), id)) {
      return fmt::format("element {}, which is in the list before and after the call", id);
    }
  }
  if (!expectation.is_life_known) return std::nullopt;
  for (const ElementId id : expectation.held) {
    if (!isAlive(state, id)) {
      return fmt::format("element {} to exist, for a reader stands on it", id);
    }
  }
  return std::nullopt;
}

// What is gone stays gone, and what is there stays there.
Complaint judgeForward(const ListState& earlier, const ListState& state,
                       const ListExpectation& expectation) {
  for (const ElementId id : expectation.before) {
    if (!contains(expectation.after, id) && !contains(earlier.ids(), id) &&
        contains(state.ids(), id)) {
      return fmt::format("element {} to stay away, for it had been removed already", id);
    }
  }
  for (const ElementId id : expectation.after) {
    if (!contains(expectation.before, id) && contains(earlier.ids(), id) &&
        !contains(state.ids(), id)) {
      return fmt::format("element {} to stay, for it had been published already", id);
    }
  }
  return std::nullopt;
}

Complaint judgeEnd(const ListState& state, Ids expected, const char* when) {
  if (std::ranges::equal(state.ids(), expected)) return std::nullopt;
  return fmt::format("{} {} the call", list(expected), when);
}

// L4: after the call an element exists only if it is in the list or a reader holds it.
Complaint judgeFreed(const ListState& state, const ListExpectation& expectation) {
  if (!expectation.is_life_known) return std::nullopt;
  for (ElementId id = 0; id < kMaxElements; ++id) {
    const bool must_exist = contains(expectation.after, id) || contains(expectation.held, id);
    if (isAlive(state, id) == must_exist) continue;
    return fmt::format("element {} {} after the call", id,
                       must_exist ? "to exist" : "to be freed, as no reader is active,");
  }
  return std::nullopt;
}

Complaint judgeOne(std::span<const ListState> states, std::size_t i,
                   const ListExpectation& expectation) {
  const ListState& state = states[i];
  if (state.fault != LookFault::kNone) return "a walk over live elements";
  if (auto complaint = judgeOrder(state)) return complaint;
  if (auto complaint = judgeMembers(state, expectation)) return complaint;
  if (i == 0) return judgeEnd(state, expectation.before, "before");
  if (i + 1 != states.size()) return std::nullopt;
  if (auto complaint = judgeEnd(state, expectation.after, "after")) return complaint;
  return judgeFreed(state, expectation);
}

}  // namespace

std::optional<Violation> judgeList(std::span<const ListState> states,
                                   const ListExpectation& expectation) {
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (auto complaint = judgeOne(states, i, expectation)) {
      return Violation{i, std::nullopt, *complaint, describe(states[i])};
    }
    if (i == 0) continue;
    if (auto complaint = judgeForward(states[i - 1], states[i], expectation)) {
      return Violation{i, i - 1, *complaint, describe(states[i])};
    }
  }
  return std::nullopt;
}

std::string describe(const ListState& state) {
  std::string text = list(state.ids());
  std::vector<ElementId> outside;
  for (ElementId id = 0; id < kMaxElements; ++id) {
    if (isAlive(state, id) && !contains(state.ids(), id)) outside.push_back(id);
  }
  if (state.fault != LookFault::kNone) {
    text += fmt::format(", then {}", describe(state.fault));
  } else if (!outside.empty()) {
    text += fmt::format(" (not in the list, but not destroyed: {})", list(outside));
  }
  return text;
}

}  // namespace sigproof::stepping
