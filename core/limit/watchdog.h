// One thread that watches the CPU time of the running isolates, and terminates those that use too
// much of it. Used by cpu_limit.h.
//
//   Watchdog watchdog;                                        // the process, once
//   Watchdog::Watch watch(watchdog, execution, registry);     // one an isolate
//   watch.start({.clock = ThreadCpuClock::ofThisThread(), .warn_ns = ..., .kill_ns = ...});
//   ...                                                       // the isolate runs on this thread
//   if (watch.stop()) { /* it was terminated */ }
//
// It needs no signal and no timer of the thread that it watches. A thread can't use more CPU time
// than passes. So the watchdog sleeps for the time that a thread has left, reads the thread's CPU
// clock, and sleeps again for what is still left. It decides everything under one mutex, which
// start() and stop() take too. Once stop() has returned, it decides nothing about that run (D6) and
// touches nothing of the isolate (G3).
// any more (D6), and nothing of the isolate is touched (G3).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "core/limit/engine_execution.h"
#include "core/limit/thread_cpu_timer.h"
#include "core/registry/signal_registry.h"

namespace sigproof {

/// Watches any number of isolates on any number of threads. Its own thread blocks every signal.
class Watchdog {
 public:
  class Watch;

  /// A thread that waits for something uses no CPU time, so the watchdog looks at it repeatedly: at
  /// most this often.
  static constexpr std::chrono::milliseconds kSmallestSleep{1};
  /// If something still runs this much CPU time (nanoseconds) after a termination, the watchdog
  /// terminates again. Otherwise another program could follow a stopped one in the same run.
  static constexpr std::int64_t kKillAgainNs = 10'000'000;

  /// Throws std::system_error if the system has no thread to give.
  Watchdog();
  /// Precondition: no Watch is left.
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  Clock::time_point look() noexcept;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Watch*> running_;
  std::size_t watch_count_ = 0;
  Clock::time_point next_look_ = Clock::time_point::max();
  bool is_stopping_ = false;
  std::thread thread_;
};

/// Watches one isolate between start() and stop(). One thread at a time calls them.
class Watchdog::Watch {
 public:
  using Generation = SignalRegistry<>::Generation;

  /// One run of the isolate on one thread. Times are readings of `clock`, in nanoseconds.
  struct Run {
    ThreadCpuClock clock;
    /// From this time on the signal will have come. The watchdog then lets entries follow memories
    /// that the engine moved, because the handler could not write to those (D3).
    std::int64_t follow_ns;
    /// From this time on the watchdog itself delivers the warning for `generation`, in case the
    /// thread's signal did not come.
    std::int64_t warn_ns;
    /// From this time on execution is terminated.
    std::int64_t kill_ns;
    Generation generation;
  };

  /// All arguments outlive this object. May throw std::bad_alloc.
  Watch(Watchdog& watchdog, EngineExecution& execution, SignalRegistry<>& registry);
  /// Precondition: stopped.
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Precondition: stopped.
  void start(const Run& run) noexcept;
  /// Ends the run. When it returns, the watchdog does nothing to the isolate any more. Returns
  /// whether it terminated execution since start().
  bool stop() noexcept;
  /// Returns whether the watchdog terminated execution since start().
  bool isKilled() noexcept;

 private:
  friend class Watchdog;

  // Does what is due, and returns the time left until the next thing is due, in nanoseconds.
  // Precondition: the mutex is held.
  std::int64_t look() noexcept;

  Watchdog& watchdog_;
  EngineExecution& execution_;
  SignalRegistry<>& registry_;
  // Guarded by the watchdog's mutex.
  Run run_;
  bool is_killed_ = false;
};

}  // namespace sigproof
