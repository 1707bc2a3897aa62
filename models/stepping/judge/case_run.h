// The one way in which a case runs, whatever it looks at: look, step, look, judge.
//
//   ListWorld<List> world;                     // a World<ListState>
//   CaseRun<ListState> run(world);
//   run.step(plan, [&]() noexcept { world.list().clear(); });
//   CaseResult result = run.conclude(extra complaint or "");
//
// describe(State) is found for its State. Compiled once, for the states that there are: only what a
// World and an operation do is compiled at each level.
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

/// "it died of SIGSEGV".
std::string describeCrash(int signal);

/// Runs what a handler does to the production code: just so, or stepped.
class Action {
 public:
  virtual ~Action() = default;
  virtual void run(Operation operation) noexcept { operation(); }
};

/// What is stepped, and what a handler sees of it.
template <class StateType>
class World {
 public:
  using State = StateType;
  virtual ~World() = default;

  /// What a handler does, by `action`, and what it saw. Async-signal-safe; may crash.
  virtual void look(State& state, Action& action) noexcept = 0;
  /// The first state that must not be.
  virtual std::optional<Violation> judge(std::span<const State> states) const = 0;

 protected:
  World() = default;
  World(const World&) = default;
  World& operator=(const World&) = default;
};

template <class State>
class CaseRun final : public BoundaryObserver {
 public:
  explicit CaseRun(World<State>& world) : world_(world), trace_(std::make_unique<Trace<State>>()) {}

  /// Looks before, at the boundaries and after. A look that meets a fault is the last one.
  void step(const CasePlan& plan, Operation operation);

  /// As step(), but of the operation only what it calls between trapOn() and trapOff() is stepped.
  void stepWindows(const CasePlan& plan, Operation operation);

  bool atBoundary(Boundary boundary) noexcept override;

  /// Judges what was seen; `complaint`, if not empty, is about the operation's result. Where this
  /// reports a failure the world is broken and must be leaked.
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

  World<State>& world_;
  std::unique_ptr<Trace<State>> trace_;
  StepOutcome outcome_;
  const Selection* inner_ = nullptr;  // non-null: handlers are stepped
  std::size_t inner_boundaries_ = 0;
  bool is_stopped_ = false;
  bool has_operation_misused_memory_ = false;
};

}  // namespace sigproof::stepping
