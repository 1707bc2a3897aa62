// Limits the CPU time of isolates: warns the WebAssembly modules that listen when it is nearly
// spent, and terminates execution when it is.
//
//   CpuLimiter limiter({});                             // the process, once, before its isolates
//   IsolateExecution execution(isolate);                // core/v8/isolate_execution.h
//   CpuLimit limit(limiter, execution, signals->registry(),
//                  {.soft_limit_ms = 50, .hard_limit_ms = 100});
//   {
//     const CpuLimit::Scope scope(limit);               // on whatever thread runs the isolate
//     ... run JavaScript ...
//   }                                                   // a kill is settled here
//   if (limit.isKilled()) { ... its words of the terminated are marked ... }
//   limit.renew();                                      // a new budget
//
// At the soft limit a timer on the thread's CPU clock sends a signal, whose handler writes 24 to
// the signal words. At the hard limit a watchdog thread terminates execution; when the scope is
// left, the isolate's thread writes 1 to the terminated words. core/v8/README.md says which signal,
// slots and threads this takes.
#pragma once

#include <cstdint>
#include <optional>

#include "core/limit/engine_execution.h"
#include "core/limit/limit_signal.h"
#include "core/limit/thread_cpu_timer.h"
#include "core/limit/watchdog.h"
#include "core/registry/signal_registry.h"

namespace sigproof {

/// What the limits of a process share: its signal and its watchdog thread. Outlives every CpuLimit
/// made with it. Any thread makes and destroys it. A child made by fork() has neither thread nor
/// timers: it must exec() before it limits anything.
class CpuLimiter {
 public:
  struct Options {
    /// Which signal the timers send; 0: SIGRTMIN + 4. LimitSignal says which can be had. It must
    /// not be blocked on threads that run isolates: the warning then comes from the watchdog, and
    /// late.
    int signal_number = 0;
    /// Whether a handler that has the signal already is an error or is called for what isn't ours.
    FormerHandler former_handler = FormerHandler::kRefuse;
  };

  /// Throws as LimitSignal and Watchdog do, with one sentence.
  explicit CpuLimiter(const Options& options);
  /// Puts the former handler back and ends the watchdog.
  ~CpuLimiter() = default;
  CpuLimiter(const CpuLimiter&) = delete;
  CpuLimiter& operator=(const CpuLimiter&) = delete;

  int signalNumber() const noexcept { return signal_.number(); }

 private:
  friend class CpuLimit;
  LimitSignal signal_;
  Watchdog watchdog_;
};

/// The budget of one isolate. Threads: every method on the thread that has the isolate, or would be
/// allowed to enter it; none is signal-safe. It is destroyed before the registry and the isolate,
/// and outside of its scopes.
class CpuLimit {
 public:
  class Scope;

  /// The least that lies between the two limits. A warning comes up to one tick of the kernel late
  /// (4 ms at 250 Hz, 10 ms at 100 Hz; measured at 250 Hz on a busy machine: 10 ms asked, 10.3 to
  /// 15.1 ms had), and the watchdog, which is not late, helps out only halfway to the hard limit: a
  /// smaller gap could be over before the module was told.
  static constexpr std::uint32_t kSmallestGapMs = 20;

  /// CPU time of the threads that run the isolate, inside its scopes, since the last renew().
  struct Options {
    std::uint32_t soft_limit_ms;
    std::uint32_t hard_limit_ms;
  };

  /// All outlive this object. Throws std::invalid_argument, with one sentence, for limits that are
  /// 0 or nearer to each other than kSmallestGapMs.
  CpuLimit(CpuLimiter& limiter, EngineExecution& execution, SignalRegistry<>& registry,
           const Options& options);
  ~CpuLimit();
  CpuLimit(const CpuLimit&) = delete;
  CpuLimit& operator=(const CpuLimit&) = delete;

  /// A new budget: the time used is 0, signal words are cleared, late signals of the old budget
  /// write nothing (D6). Inside a scope or outside; also from within a callback of JavaScript.
  /// False, and nothing is changed, if the isolate was killed and its scope is not left yet: there
  /// may be frames on the stack that are still to unwind.
  [[nodiscard]] bool renew() noexcept;

  /// Whether the isolate was killed in this budget. Once its outermost scope is left, execution has
  /// unwound, the words of the terminated are marked and JavaScript may run again; but the budget
  /// is spent, and without renew() the next scope kills at once.
  bool isKilled() noexcept;

  /// CPU time used of this budget, in nanoseconds.
  std::int64_t usedNs() const noexcept;

 private:
  // Begins and ends a stretch of time in which this limit is the innermost of its thread.
  void resume(ThreadCpuTimer& timer) noexcept;
  void suspend(ThreadCpuTimer& timer) noexcept;
  void settleKill() noexcept;

  CpuLimiter& limiter_;
  EngineExecution& execution_;
  SignalRegistry<>& registry_;
  const std::int64_t soft_limit_ns_;
  const std::int64_t hard_limit_ns_;
  SoftLimit soft_;
  Watchdog::Watch watch_;
  std::int64_t used_ns_ = 0;                   // before resumed_at_ns_
  std::optional<std::int64_t> resumed_at_ns_;  // of the thread that it runs on now
  int depth_ = 0;                              // scopes that are not left
  bool is_killed_ = false;                     // in this budget
  bool is_kill_settled_ = true;
};

/// While it lives, the calling thread runs the limit's isolate: its CPU time counts. Leave it on
/// the same thread, inside-out; the next one may be on another. Scopes nest, of one limit and of
/// several: the innermost is the one that counts, is warned and is killed, the outer ones stand
/// still (G4).
///
/// Leaving the outermost scope of a limit whose isolate was killed marks the words of the
/// terminated and lets the isolate run JavaScript again (EngineExecution::recover): so no
/// JavaScript of that isolate may be on the stack below the scope. Where the embedder terminates
/// the isolate for reasons of its own at the same time, that is cancelled as well.
class CpuLimit::Scope {
 public:
  /// Throws std::system_error if the kernel has no timer to give; then no scope was entered.
  explicit Scope(CpuLimit& limit);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  friend class CpuLimit;
  // The innermost scope of the calling thread.
  static Scope*& innermost() noexcept;

  CpuLimit& limit_;
  ThreadCpuTimer timer_;
  Scope* const outer_;
};

}  // namespace sigproof
