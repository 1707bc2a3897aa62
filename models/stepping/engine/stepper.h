// Runs an operation one machine instruction at a time, and lets an observer act between any two.
//
//   class Look : public BoundaryObserver {
//     bool atBoundary(Boundary boundary) noexcept override { ...; return true; }
//   };
//   const StepOutcome outcome = stepThrough(look, selection, [&]() noexcept { list.clear(); });
//
// The observer runs inside a SIGTRAP handler, so it may do only what a signal handler may do: no
// allocation, no lock. With `guardedLook` it survives a walk over freed memory. It may itself call
// stepThrough(); it is then a handler that another handler interrupts.
//
// One operation at a time in a thread. From the first use on, this file owns the handlers of
// SIGTRAP, SIGSEGV, SIGBUS and SIGABRT.
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

/// The point between two instructions. `number` counts the points of the operation from 0.
/// `address` is that of the next instruction. If the handler at `number` is stepped as well,
/// `inner` and `address` are those of the point within the handler.
struct Boundary {
  std::size_t number = 0;
  std::uintptr_t address = 0;
  std::optional<std::size_t> inner;
};

/// The boundaries at which the observer acts: the named ones, or all.
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
  /// Called in the SIGTRAP handler. Returns whether it wants further calls. Must be
  /// async-signal-safe.
  virtual bool atBoundary(Boundary boundary) noexcept = 0;
};

struct StepOutcome {
  std::size_t boundaries = 0;  ///< points between two instructions
  std::size_t in_program = 0;  ///< those of them in the program's own text, not in a library
  int crash_signal = 0;        ///< SIGSEGV, SIGBUS or SIGABRT if the operation crashed
  Boundary last;               ///< where it ended
};

/// Refers to a function without arguments, which it doesn't copy. The function must not throw.
class Operation {
 public:
  // Not for an Operation, which is copied instead: one that calls another would add boundaries.
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

/// Returns whether single-stepping works in this process, by stepping over a few instructions. The
/// trap flag doesn't work on other processors, under some emulators and under some debuggers.
bool isSteppingSupported();

/// Steps through `operation`. If it crashes or aborts, it is left there without destroying its
/// locals, and the outcome says so. The objects that it worked on are then broken and must be
/// leaked. Async-signal-safe if `operation` is, after a first call outside of a handler.
StepOutcome stepThrough(BoundaryObserver& observer, const Selection& selection,
                        Operation operation);

/// Like stepThrough(), but steps only those parts of `operation` that call trapOn() before and
/// trapOff() after them, on the same thread. For an operation that calls our code back.
StepOutcome stepWindows(BoundaryObserver& observer, const Selection& selection,
                        Operation operation);

/// Returns the numbers of the boundaries that lie in the program's own text, for the newest
/// stepThrough() or stepWindows() outside of a handler; the first 65,536 of them.
std::span<const std::uint32_t> boundariesInProgram() noexcept;

/// Runs `operation` without interruption. Returns the signal of a crash, else 0. After a crash
/// `operation` is left as in stepThrough().
int runGuarded(Operation operation);

/// Runs `look`, a walk that may reach freed memory. Returns false if it crashed or called
/// abandonLook(); its locals are then not destroyed. Use it inside and outside of stepping.
/// Async-signal-safe if `look` is.
bool guardedLook(Operation look) noexcept;

/// Leaves the walk that runs under the innermost guardedLook().
[[noreturn]] void abandonLook() noexcept;

}  // namespace sigproof::stepping
