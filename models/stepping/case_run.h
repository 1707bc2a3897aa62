// The one way in which a case runs, whatever it looks at: look, step, look, judge.
//
//   World world;                               // has State, look(State&), judge(states)
//   CaseRun<World> run(world);
//   run.step(plan, [&]() noexcept { world.list().clear(); });
//   CaseResult result = run.conclude(extra complaint or "");
//
// A World offers:
//   using State = ...;                                   what a handler records
//   void look(State&) noexcept;                          async-signal-safe, may crash
//   std::optional<Violation> judge(std::span<const State>) const;
// and describe(State) is found for its State.
#pragma once

#include <fmt/format.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "models/stepping/check.h"
#include "models/stepping/look_fault.h"
#include "models/stepping/stepper.h"
#include "models/stepping/trace.h"

namespace sigproof::stepping {

/// "it died of SIGSEGV".
inline std::string describeCrash(int signal) {
  return fmt::format("it died of SIG{}", sigabbrev_np(signal));
}

template <class World>
class CaseRun final : public BoundaryObserver {
 public:
  using State = typename World::State;

  explicit CaseRun(World& world) : world_(world), trace_(std::make_unique<Trace<State>>()) {}

  /// Looks before, at the boundaries and after. A look that meets a fault is the last one.
  template <class Operation>
  void step(const CasePlan& plan, Operation&& operation) {
    if (!take(Moment::kBefore, {})) return;
    if (plan.is_stepped) {
      outcome_ = stepThrough(*this, plan.selection, operation);
    } else {
      outcome_.crash_signal = runGuarded(operation);
    }
    if (outcome_.crash_signal == 0 && !is_stopped_) take(Moment::kAfter, {});
  }

  bool atBoundary(Boundary boundary) noexcept override { return take(Moment::kBoundary, boundary); }

  /// Judges what was seen; `complaint`, if not empty, is about the operation's result. Where this
  /// reports a failure the world is broken and must be leaked.
  CaseResult conclude(const std::string& complaint) const {
    CaseResult result;
    result.boundaries = outcome_.boundaries;
    result.boundaries_in_program = outcome_.in_program;
    result.state_count = trace_->size();
    result.is_complete = !is_stopped_ && outcome_.crash_signal == 0;
    result.failure = findFailure(complaint);
    result.states = describeStates();
    return result;
  }

 private:
  bool take(Moment moment, Boundary boundary) noexcept {
    state_ = State{};
    if (!guardedLook([&]() noexcept { world_.look(state_); }) && state_.fault == LookFault::kNone) {
      state_.fault = LookFault::kCrashed;
    }
    const bool has_room = trace_->add(moment, boundary, state_);
    is_stopped_ = is_stopped_ || !has_room || state_.fault != LookFault::kNone;
    return !is_stopped_;
  }

  std::optional<CaseFailure> findFailure(const std::string& complaint) const {
    const std::vector<State> states = trace_->states();
    const bool is_cut_short = outcome_.crash_signal != 0 && !is_stopped_;
    if (!is_cut_short) {
      if (const auto violation = world_.judge(states)) return locate(states, *violation);
    }
    if (outcome_.crash_signal != 0) {
      return CaseFailure{crashBoundary(), std::nullopt, "the operation to return",
                         describeCrash(outcome_.crash_signal)};
    }
    if (trace_->isFull()) {
      return CaseFailure{outcome_.last, std::nullopt, "a handful of different states",
                         fmt::format("more than {}", trace_->size())};
    }
    if (!complaint.empty()) {
      return CaseFailure{std::nullopt, std::nullopt, "the call's own result", complaint};
    }
    return std::nullopt;
  }

  std::optional<Boundary> crashBoundary() const {
    if (outcome_.boundaries == 0) return std::nullopt;  // it wasn't stepped
    return outcome_.last;
  }

  CaseFailure locate(const std::vector<State>& states, const Violation& violation) const {
    CaseFailure failure{std::nullopt, std::nullopt, violation.expected, violation.seen};
    const auto& run = (*trace_)[violation.state];
    if (run.moment != Moment::kBoundary) {
      failure.boundary = onlyBoundary();
      return failure;
    }
    failure.boundary = run.first;
    if (!violation.earlier_state || isWrongAlone(states, violation)) return failure;
    const auto& earlier = (*trace_)[*violation.earlier_state];
    if (earlier.moment == Moment::kBoundary) failure.since_boundary = earlier.last;
    return failure;
  }

  // Where the handler acted at one boundary alone, that is where to look for the reason.
  std::optional<Boundary> onlyBoundary() const {
    constexpr std::size_t kBeforeOneAfter = 3;
    if (trace_->size() != kBeforeOneAfter || (*trace_)[1].count != 1) return std::nullopt;
    return (*trace_)[1].first;
  }

  // Whether a handler that acts at this boundary only would be refused as well.
  bool isWrongAlone(const std::vector<State>& states, const Violation& violation) const {
    const State& wrong = states[violation.state];
    const std::vector<State> alone{states.front(), wrong, wrong};
    const auto again = world_.judge(alone);
    return again && again->state == 1;
  }

  std::string describeStates() const {
    std::string text;
    for (std::size_t i = 0; i < trace_->size(); ++i) {
      const auto& run = (*trace_)[i];
      text += fmt::format("{:24}  {}\n", describeMoment<State>(run), describe(run.state));
    }
    return text;
  }

  World& world_;
  std::unique_ptr<Trace<State>> trace_;
  State state_{};
  StepOutcome outcome_;
  bool is_stopped_ = false;
};

}  // namespace sigproof::stepping
