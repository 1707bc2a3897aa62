// Limits the CPU time of isolates. Warns the WebAssembly modules that listen when the time is
// nearly spent, and terminates execution when it is spent. Its properties are D6, D7 and G4 of
// core/SPECIFICATION.md.
//
//   CpuLimiter limiter({});                             // the process, once, before its isolates
//   IsolateExecution execution(isolate);                // core/v8/isolate_execution.h
//   CpuLimit limit(limiter, execution, signals->registry(),
//                  {.soft_limit_ms = 50, .hard_limit_ms = 100});
//   {
//     const CpuLimit::Scope scope(limit);               // on whatever thread runs the isolate
//     ... run JavaScript ...
//   }                                                   // a kill is settled here
//   if (limit.isKilled()) { ... its terminated words are 1 ... }
//   limit.renew();                                      // a new budget
//
// At the soft limit a timer on the thread's CPU clock sends a signal, whose handler writes 24 to
// the signal words. At the hard limit a watchdog thread terminates execution. When the scope is
// left, the isolate's thread writes 1 to the terminated words. core/EMBEDDING.md lists the signal,
// slots and threads that this takes; D6, D7 and G4 of core/SPECIFICATION.md are the rules.
#pragma once

#include <cstdint>
#include <optional>

#include "core/limit/engine_execution.h"
#include "core/limit/limit_signal.h"
#include "core/limit/thread_cpu_timer.h"
#include "core/limit/watchdog.h"
#include "core/registry/signal_registry.h"

namespace sigproof {

/// What the limits of a process share: a signal and a watchdog thread. Outlives every CpuLimit made
/// with it. Any thread may make and destroy it. A child made by fork() has neither the thread nor
/// the timers, so it must exec() before it limits anything.
class CpuLimiter {
 public:
  struct Options {
    /// The signal that the timers send; 0: SIGRTMIN + 4. LimitSignal lists the numbers that are
    /// allowed. Threads that run isolates must not block it: if they do, the watchdog delivers the
    /// warning, later.
    int signal_number = 0;
    /// Whether an existing handler of the signal is an error, or is called for signals that aren't
    /// ours.
    FormerHandler former_handler = FormerHandler::kRefuse;
  };

  /// Throws what LimitSignal and Watchdog throw.
  explicit CpuLimiter(const Options& options);
  /// Restores the former handler and ends the watchdog.
  ~CpuLimiter() = default;
  CpuLimiter(const CpuLimiter&) = delete;
  CpuLimiter& operator=(const CpuLimiter&) = delete;

  int signalNumber() const noexcept { return signal_.number(); }

 private:
  friend class CpuLimit;
  LimitSignal signal_;
  Watchdog watchdog_;
};

/// The budget of one isolate. Threads: call every method on the thread that has entered the
/// isolate, or that may enter it. None is signal-safe. Destroy it before the registry and the
/// isolate, and outside of its scopes.
class CpuLimit {
 public:
  class Scope;

  /// The least allowed difference between the two limits. A warning comes up to one tick of the
  /// kernel late: 4 ms at 250 Hz, 10 ms at 100 Hz (measured at 250 Hz on a busy machine: a timer of
  /// 10 ms fired after 10.3 to 15.1 ms). The watchdog is not late, but delivers a missed warning
  /// only halfway to the hard limit. With a smaller gap the module could be killed before it is
  /// warned.
  static constexpr std::uint32_t kSmallestGapMs = 20;

  /// CPU time, in milliseconds, of the threads that run the isolate, inside its scopes, since the
  /// last renew().
  struct Options {
    std::uint32_t soft_limit_ms;
    std::uint32_t hard_limit_ms;
  };

  /// All arguments outlive this object. Throws std::invalid_argument, with one sentence, for limits
  /// that are 0 or closer together than kSmallestGapMs.
  CpuLimit(CpuLimiter& limiter, EngineExecution& execution, SignalRegistry<>& registry,
           const Options& options);
  ~CpuLimit();
  CpuLimit(const CpuLimit&) = delete;
  CpuLimit& operator=(const CpuLimit&) = delete;

  /// Begins a new budget: the time used is 0, signal words are 0, late signals of the old budget
  /// write nothing (D6). May be called inside a scope, outside, and in a callback from JavaScript.
  /// Returns false, and changes nothing, if the isolate was killed and its scope is not left yet,
  /// because frames on the stack may still have to unwind.
  [[nodiscard]] bool renew() noexcept;

  /// Returns whether the isolate was killed in this budget. Once its outermost scope is left,
  /// execution has unwound, the terminated words are 1 and JavaScript may run again. But the budget
  /// is spent: without renew() the next scope kills at once.
  bool isKilled() noexcept;

  /// Returns the CPU time used of this budget, in nanoseconds.
  std::int64_t usedNs() const noexcept;

 private:
  // resume() makes this limit the innermost of its thread; suspend() ends that.
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
  std::optional<std::int64_t> resumed_at_ns_;  // on the clock of the thread that it runs on now
  int depth_ = 0;                              // scopes that were not left yet
  bool is_killed_ = false;                     // in this budget
  bool is_kill_settled_ = true;
};

/// While it lives, the calling thread runs the limit's isolate, and its CPU time counts. Leave
/// scopes on the same thread, innermost first; the next scope may be on another thread. Scopes
/// nest, of one limit and of several: the innermost one counts, is warned and is killed, and the
/// outer ones stand still (G4).
///
/// Leaving the outermost scope of a killed limit writes the terminated words and lets the isolate
/// run JavaScript again (EngineExecution::recover()). So no JavaScript of that isolate may be on
/// the stack below the scope. If the embedder terminates the isolate at the same time for reasons
/// of its own, leaving the scope cancels that as well.
class CpuLimit::Scope {
 public:
  /// Throws std::system_error if the kernel refuses a timer; then no scope was entered.
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
