// What handlers saw, from before an operation to after it, as runs of equal states.
//
//   Trace<ListState> trace;
//   trace.add(Moment::kBefore, {}, state);
//   trace.add(Moment::kBoundary, boundary, state);     // async-signal-safe
//   trace.add(Moment::kAfter, {}, state);
//   auto violation = judgeList(trace.states(), expectation);
//
// An operation of thousands of instructions passes through a few states. So a trace is short, has a
// fixed size and needs no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/stepping/engine/stepper.h"

namespace sigproof::stepping {

enum class Moment : std::uint8_t { kBefore, kBoundary, kAfter };

/// What a judge found: the state that is wrong, counted from the first. If it is wrong only
/// together with an earlier state ("went back"), it names that one, too.
struct Violation {
  std::size_t state = 0;
  std::optional<std::size_t> earlier_state;
  std::string expected;
  std::string seen;
};

/// State must be comparable and assignable without allocation.
template <class State>
class Trace {
 public:
  struct Run {
    State state{};
    Moment moment = Moment::kBefore;
    Boundary first;
    Boundary last;
    std::size_t count = 0;  ///< boundaries at which this was seen
  };

  /// Appends a look. Returns false if there is no room; a correct operation needs much less.
  bool add(Moment moment, Boundary boundary, const State& state) noexcept {
    if (size_ != 0 && moment == Moment::kBoundary) {
      Run& newest = runs_[size_ - 1];
      if (newest.moment == Moment::kBoundary && newest.state == state) {
        newest.last = boundary;
        ++newest.count;
        return true;
      }
    }
    if (size_ == runs_.size()) {
      is_full_ = true;
      return false;
    }
    runs_[size_++] = Run{state, moment, boundary, boundary, 1};
    return true;
  }

  std::size_t size() const noexcept { return size_; }
  const Run& operator[](std::size_t index) const noexcept { return runs_[index]; }
  bool isFull() const noexcept { return is_full_; }

  std::vector<State> states() const {
    std::vector<State> result;
    result.reserve(size_);
    for (std::size_t i = 0; i < size_; ++i) result.push_back(runs_[i].state);
    return result;
  }

 private:
  static constexpr std::size_t kMaxRuns = 256;

  std::array<Run, kMaxRuns> runs_{};
  std::size_t size_ = 0;
  bool is_full_ = false;
};

/// Returns "12", or "12/30" inside a handler.
inline std::string describeNumber(const Boundary& boundary) {
  std::string text = std::to_string(boundary.number);
  if (boundary.inner) text += "/" + std::to_string(*boundary.inner);
  return text;
}

/// Returns "before the call", "boundary 12", "boundaries 0-57", "boundaries 12/0-12/30" or "after
/// the call".
template <class State>
std::string describeMoment(const typename Trace<State>::Run& run) {
  switch (run.moment) {
    case Moment::kBefore:
      return "before the call";
    case Moment::kAfter:
      return "after the call";
    case Moment::kBoundary:
      break;
  }
  if (run.count == 1) return "boundary " + describeNumber(run.first);
  return "boundaries " + describeNumber(run.first) + "-" + describeNumber(run.last);
}

}  // namespace sigproof::stepping
