// How every case runs: look, step, look, judge.
//
//   ListFixture<List> fixture;                     // a Fixture<ListState>
//   CaseRun<ListState> run(fixture);
//   run.step(plan, [&]() noexcept { fixture.list().clear(); });
//   CaseResult result = run.conclude(extra complaint or "");
//
// describe(State) is found by its argument. This file is compiled once, for the states that there
// are. Only the code of a fixture and an operation is compiled at each level.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/stepping/engine/check.h"
#include "models/stepping/engine/state_trace.h"
#include "models/stepping/engine/stepper.h"

namespace sigproof::stepping {

/// Returns "it died of SIGSEGV".
std::string describeCrash(int signal);

/// Runs the handler's call of the production code: directly, or stepped.
class Action {
 public:
  virtual ~Action() = default;
  virtual void run(Operation operation) noexcept { operation(); }
};

/// The objects that an operation works on, and what a handler sees of them.
template <class StateType>
class Fixture {
 public:
  using State = StateType;
  virtual ~Fixture() = default;

  /// Makes the handler's call by `action`, and stores what it saw. Async-signal-safe; may crash.
  virtual void look(State& state, Action& action) noexcept = 0;
  /// Returns the first wrong state.
  virtual std::optional<Violation> judge(std::span<const State> states) const = 0;

 protected:
  Fixture() = default;
  Fixture(const Fixture&) = default;
  Fixture& operator=(const Fixture&) = default;
};

template <class State>
class CaseRun final : public BoundaryObserver {
 public:
  explicit CaseRun(Fixture<State>& fixture)
      : fixture_(fixture), trace_(std::make_unique<Trace<State>>()) {}

  /// Looks before the operation, at its boundaries and after it. A look with a fault is the last
  /// one.
  void step(const CasePlan& plan, Operation operation);

  /// Like step(), but steps only what the operation calls between trapOn() and trapOff().
  void stepWindows(const CasePlan& plan, Operation operation);

  bool atBoundary(Boundary boundary) noexcept override;

  /// Judges what handlers saw. `complaint`, if not empty, is about the operation's result. If this
  /// returns a failure, the fixture is broken and must be leaked.
  CaseResult conclude(const std::string& complaint) const;

 private:
  // Steps a handler and looks at its boundaries.
  class SteppedAction final : public Action, public BoundaryObserver {
   public:
    SteppedAction(CaseRun& run, const Selection& selection, std::size_t boundary)
        : run_(run), selection_(selection), boundary_(boundary) {}
    void run(Operation operation) noexcept override;
    bool atBoundary(Boundary boundary) noexcept override;

   private:
    CaseRun& run_;
    const Selection& selection_;
    std::size_t boundary_;
  };

  void begin(const CasePlan& plan);
  void end(const CasePlan& plan);
  bool take(Moment moment, Boundary boundary, Action& action) noexcept;
  bool take(Moment moment, Boundary boundary) noexcept;
  std::optional<CaseFailure> findFailure(const std::string& complaint) const;
  std::optional<Boundary> crashBoundary() const;
  std::optional<Boundary> onlyBoundary() const;
  CaseFailure locate(const std::vector<State>& states, const Violation& violation) const;
  bool isWrongAlone(const std::vector<State>& states, const Violation& violation) const;
  std::string describeStates() const;

  Fixture<State>& fixture_;
  std::unique_ptr<Trace<State>> trace_;
  StepOutcome outcome_;
  const Selection* inner_ = nullptr;  // non-null: handlers are stepped
  std::size_t inner_boundaries_ = 0;
  bool is_stopped_ = false;
  bool has_operation_misused_memory_ = false;
};

}  // namespace sigproof::stepping
