// Runs an operation one machine instruction at a time and lets an observer act between any two.
//
//   class Look : public BoundaryObserver {
//     bool atBoundary(Boundary boundary) noexcept override { ...; return true; }
//   };
//   const StepOutcome outcome = stepThrough(look, selection, [&]() noexcept { list.clear(); });
//
// The observer runs inside a SIGTRAP handler, so it does what a signal handler may do: no
// allocation, no lock. `guardedLook` lets it survive a walk over freed memory.
//
// One operation at a time in a thread; the handlers of SIGTRAP, SIGSEGV, SIGBUS and SIGABRT are
// this file's from the first use on.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/stepping/trap_flag.h"

namespace sigproof::stepping {

/// The point between two instructions. `number` counts from 0 from the first point of the
/// operation; `address` is that of the instruction that runs next.
struct Boundary {
  std::size_t number = 0;
  std::uintptr_t address = 0;
};

/// At which boundaries the observer acts: those named, or all.
class Selection {
 public:
  Selection() = default;
  explicit Selection(std::vector<std::size_t> boundaries) : boundaries_(std::move(boundaries)) {}

  bool isAll() const noexcept { return boundaries_.empty(); }
  bool contains(std::size_t boundary) const noexcept;
  const std::vector<std::size_t>& boundaries() const noexcept { return boundaries_; }

 private:
  std::vector<std::size_t> boundaries_;
};

class BoundaryObserver {
 public:
  virtual ~BoundaryObserver() = default;
  /// Called in the SIGTRAP handler; returns whether to be called again. Must be async-signal-safe.
  virtual bool atBoundary(Boundary boundary) noexcept = 0;
};

struct StepOutcome {
  std::size_t boundaries = 0;  ///< points between two instructions
  std::size_t in_program = 0;  ///< those of them in the program's own text, not in a library
  int crash_signal = 0;        ///< SIGSEGV, SIGBUS or SIGABRT if the operation itself died
  Boundary last;               ///< where it ended
};

/// Whether the trap flag works here: steps over a few instructions and counts. It doesn't on other
/// processors, under some emulators and under some debuggers.
bool isSteppingSupported();

namespace internal {
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): a handler has no other way in.
extern thread_local sigjmp_buf operation_escape;
extern thread_local sigjmp_buf look_escape;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

void installHandlers();
void beginOperation(BoundaryObserver* observer, const Selection* selection) noexcept;
StepOutcome endOperation() noexcept;
void beginLook() noexcept;
void endLook() noexcept;
}  // namespace internal

/// Steps through `operation`, which must not throw. If it crashes or aborts, it is abandoned where
/// it stands, with its locals undestroyed, and the outcome says so: what it worked on is then
/// broken and must be leaked.
template <class Operation>
[[gnu::noinline]] StepOutcome stepThrough(BoundaryObserver& observer, const Selection& selection,
                                          Operation&& operation) {
  static_assert(noexcept(operation()));
  internal::installHandlers();
  // NOLINTNEXTLINE(cert-err52-cpp): the only way out of a handler of SIGSEGV.
  if (sigsetjmp(internal::operation_escape, 1) == 0) {
    internal::beginOperation(&observer, &selection);
    trapOn();
    operation();
    trapOff();
  }
  return internal::endOperation();
}

/// Runs `operation`, which must not throw, without interruption. Returns the signal that it died
/// of, else 0; as above, it is then abandoned.
template <class Operation>
int runGuarded(Operation&& operation) {
  static_assert(noexcept(operation()));
  internal::installHandlers();
  // NOLINTNEXTLINE(cert-err52-cpp): as above.
  if (sigsetjmp(internal::operation_escape, 1) == 0) {
    internal::beginOperation(nullptr, nullptr);
    operation();
  }
  return internal::endOperation().crash_signal;
}

/// Runs `look`, a walk that may meet freed memory. Returns false if it crashed or called
/// abandonLook(); its locals are then not destroyed. May be used inside and outside of stepping;
/// not nested. Async-signal-safe if `look` is.
template <class Look>
bool guardedLook(Look&& look) noexcept {
  // NOLINTNEXTLINE(cert-err52-cpp): as above.
  if (sigsetjmp(internal::look_escape, 1) != 0) {
    internal::endLook();
    return false;
  }
  internal::beginLook();
  look();
  internal::endLook();
  return true;
}

/// Leaves the walk that runs under guardedLook().
[[noreturn]] void abandonLook() noexcept;

}  // namespace sigproof::stepping
