// Runs an operation one machine instruction at a time and lets an observer act between any two.
//
//   class Look : public BoundaryObserver {
//     bool atBoundary(Boundary boundary) noexcept override { ...; return true; }
//   };
//   const StepOutcome outcome = stepThrough(look, selection, [&]() noexcept { list.clear(); });
//
// The observer runs inside a SIGTRAP handler, so it does what a signal handler may do: no
// allocation, no lock. `guardedLook` lets it survive a walk over freed memory. It may itself call
// stepThrough(): that is a handler which another handler interrupts.
//
// One operation at a time in a thread; the handlers of SIGTRAP, SIGSEGV, SIGBUS and SIGABRT are
// this file's from the first use on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "models/stepping/engine/trap_flag.h"

namespace sigproof::stepping {

/// The point between two instructions. `number` counts from 0 from the first point of the
/// operation; `address` is that of the instruction that runs next. Where the handler that acts at
/// `number` is stepped as well, `inner` and `address` are those of the point within it.
struct Boundary {
  std::size_t number = 0;
  std::uintptr_t address = 0;
  std::optional<std::size_t> inner;
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

/// A function without arguments that is not copied and must not throw.
class Operation {
 public:
  // Not of an Operation, which is copied: one that calls another would add boundaries.
  template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, Operation>)
  // NOLINTNEXTLINE(google-explicit-constructor): a lambda is to be passed as it is.
  Operation(Function&& function) noexcept
      : function_(&function), call_([](const void* callee) noexcept {
          // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it was not const.
          (*static_cast<std::remove_reference_t<Function>*>(const_cast<void*>(callee)))();
        }) {
    static_assert(noexcept(function()));
  }
  void operator()() const noexcept { call_(function_); }

 private:
  const void* function_;
  void (*call_)(const void*) noexcept;
};

/// Whether single-stepping works in this process: steps over a few instructions and counts. The
/// trap flag doesn't work on other processors, under some emulators and under some debuggers.
bool isSteppingSupported();

/// Steps through `operation`. If it crashes or aborts, it is abandoned where it stands, with its
/// locals undestroyed, and the outcome says so: what it worked on is then broken and must be
/// leaked. Async-signal-safe if `operation` is, once it has been called outside of a handler.
StepOutcome stepThrough(BoundaryObserver& observer, const Selection& selection,
                        Operation operation);

/// As stepThrough(), but only those parts of `operation` are stepped, on the same thread, that call
/// trapOn() before and trapOff() behind: for an operation that others call back.
StepOutcome stepWindows(BoundaryObserver& observer, const Selection& selection,
                        Operation operation);

/// Numbers of the boundaries of the newest stepThrough() or stepWindows() outside of a handler that
/// lie in the program's own text; the first 65,536 of them.
std::span<const std::uint32_t> boundariesInProgram() noexcept;

/// Runs `operation` without interruption. Returns the signal that it died of, else 0; as above, it
/// is then abandoned.
int runGuarded(Operation operation);

/// Runs `look`, a walk that may meet freed memory. Returns false if it crashed or called
/// abandonLook(); its locals are then not destroyed. May be used inside and outside of stepping.
/// Async-signal-safe if `look` is.
bool guardedLook(Operation look) noexcept;

/// Leaves the walk that runs under the innermost guardedLook().
[[noreturn]] void abandonLook() noexcept;

}  // namespace sigproof::stepping
