#include "models/stepping/judge/case_run.h"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <utility>

#include "models/stepping/engine/sanitizer.h"
#include "models/stepping/judge/delivery_judge.h"
#include "models/stepping/judge/list_judge.h"
#include "models/stepping/judge/look_fault.h"

namespace sigproof::stepping {

std::string describeCrash(int signal) {
  return fmt::format("it died of SIG{}", sigabbrev_np(signal));
}

template <class State>
void CaseRun<State>::begin(const CasePlan& plan) {
  inner_ = plan.inner ? &*plan.inner : nullptr;
}

template <class State>
void CaseRun<State>::end(const CasePlan& /*plan*/) {
  if (outcome_.crash_signal == 0 && !is_stopped_) take(Moment::kAfter, {});
}

template <class State>
void CaseRun<State>::step(const CasePlan& plan, Operation operation) {
  begin(plan);
  if (!take(Moment::kBefore, {})) return;
  const std::size_t reports = sanitizerReportCount();
  if (plan.is_stepped) {
    outcome_ = stepThrough(*this, plan.selection, operation);
  } else {
    outcome_.crash_signal = runGuarded(operation);
  }
  has_operation_misused_memory_ = sanitizerReportCount() != reports;
  end(plan);
}

template <class State>
void CaseRun<State>::stepWindows(const CasePlan& plan, Operation operation) {
  begin(plan);
  if (!take(Moment::kBefore, {})) return;
  outcome_ = stepping::stepWindows(*this, plan.selection, operation);
  end(plan);
}

template <class State>
bool CaseRun<State>::atBoundary(Boundary boundary) noexcept {
  if (inner_ == nullptr) return take(Moment::kBoundary, boundary);
  SteppedAction action(*this, *inner_, boundary.number);
  return take(Moment::kBoundary, boundary, action) && !is_stopped_;
}

template <class State>
void CaseRun<State>::SteppedAction::run(Operation operation) noexcept {
  const StepOutcome outcome = stepThrough(*this, selection_, operation);
  run_.inner_boundaries_ += outcome.boundaries;
  if (outcome.crash_signal != 0) abandonLook();
}

template <class State>
bool CaseRun<State>::SteppedAction::atBoundary(Boundary boundary) noexcept {
  boundary.inner = std::exchange(boundary.number, boundary_);
  return run_.take(Moment::kBoundary, boundary);
}

template <class State>
bool CaseRun<State>::take(Moment moment, Boundary boundary) noexcept {
  Action action;
  return take(moment, boundary, action);
}

template <class State>
bool CaseRun<State>::take(Moment moment, Boundary boundary, Action& action) noexcept {
  State state{};
  const std::size_t reports = sanitizerReportCount();
  const bool has_returned = guardedLook([&]() noexcept { fixture_.look(state, action); });
  if (state.fault == LookFault::kNone || state.fault == LookFault::kDeadElement) {
    if (sanitizerReportCount() != reports) {
      state.fault = LookFault::kSanitizerReport;
    } else if (!has_returned && state.fault == LookFault::kNone) {
      state.fault = LookFault::kCrashed;
    }
  }
  if (is_stopped_) return false;  // an inner look was the last one
  const bool has_room = trace_->add(moment, boundary, state);
  is_stopped_ = !has_room || state.fault != LookFault::kNone;
  return !is_stopped_;
}

template <class State>
CaseResult CaseRun<State>::conclude(const std::string& complaint) const {
  CaseResult result;
  result.boundaries = outcome_.boundaries;
  result.boundaries_in_program = outcome_.in_program;
  result.inner_boundaries = inner_boundaries_;
  result.program_boundaries.assign(boundariesInProgram().begin(), boundariesInProgram().end());
  result.state_count = trace_->size();
  result.is_complete = !is_stopped_ && outcome_.crash_signal == 0;
  result.failure = findFailure(complaint);
  result.states = describeStates();
  return result;
}

template <class State>
std::optional<CaseFailure> CaseRun<State>::findFailure(const std::string& complaint) const {
  const std::vector<State> states = trace_->states();
  const bool is_cut_short = outcome_.crash_signal != 0 && !is_stopped_;
  if (!is_cut_short) {
    if (const auto violation = fixture_.judge(states)) return locate(states, *violation);
  }
  if (outcome_.crash_signal != 0) {
    return CaseFailure{crashBoundary(), std::nullopt, "the operation to return",
                       describeCrash(outcome_.crash_signal)};
  }
  if (has_operation_misused_memory_) {
    return CaseFailure{std::nullopt, std::nullopt, "no report of the operation's own accesses",
                       newestSanitizerReport()};
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

template <class State>
std::optional<Boundary> CaseRun<State>::crashBoundary() const {
  if (outcome_.boundaries == 0) return std::nullopt;  // it wasn't stepped
  return outcome_.last;
}

template <class State>
CaseFailure CaseRun<State>::locate(const std::vector<State>& states,
                                   const Violation& violation) const {
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

// If the handler acted at only one boundary, that is the place of the bug.
template <class State>
std::optional<Boundary> CaseRun<State>::onlyBoundary() const {
  constexpr std::size_t kBeforeOneAfter = 3;
  if (trace_->size() != kBeforeOneAfter || (*trace_)[1].count != 1) return std::nullopt;
  return (*trace_)[1].first;
}

// Returns whether a handler at this boundary alone fails, too.
template <class State>
bool CaseRun<State>::isWrongAlone(const std::vector<State>& states,
                                  const Violation& violation) const {
  const State& wrong = states[violation.state];
  const std::vector<State> alone{states.front(), wrong, wrong};
  const auto again = fixture_.judge(alone);
  return again && again->state == 1;
}

template <class State>
std::string CaseRun<State>::describeStates() const {
  std::string text;
  for (std::size_t i = 0; i < trace_->size(); ++i) {
    const auto& run = (*trace_)[i];
    text += fmt::format("{:24}  {}\n", describeMoment<State>(run), describe(run.state));
  }
  return text;
}

template class CaseRun<ListState>;
template class CaseRun<DeliveryState>;

}  // namespace sigproof::stepping
