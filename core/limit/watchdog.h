// One thread that watches the CPU time of the isolates that run, and terminates those that use too
// much of it. Used by cpu_limit.h.
//
//   Watchdog watchdog;                                        // the process, once
//   Watchdog::Watch watch(watchdog, execution, registry);     // one an isolate
//   watch.start({.clock = ThreadCpuClock::ofThisThread(), .warn_ns = ..., .kill_ns = ...});
//   ...                                                       // the isolate runs on this thread
//   if (watch.stop()) { /* it was terminated */ }
//
// It needs no signal and no timer of the thread that it watches: a thread can't use more CPU time
// than passes, so it sleeps for the time that a thread has left, looks at the thread's CPU clock,
// and sleeps again for what is still left. Everything that it decides, it decides under one mutex,
// which start() and stop() take too: once stop() has returned, nothing is decided about that run
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

/// Any number of isolates on any number of threads. Its own thread blocks every signal.
class Watchdog {
 public:
  class Watch;

  /// A thread that waits for something uses no CPU time, and is looked at again and again: at most
  /// this often.
  static constexpr std::chrono::milliseconds kSmallestSleep{1};
  /// What is still running this much CPU time after it was terminated is terminated again: a
  /// program that was stopped must not be followed by another one in the same run.
  static constexpr std::int64_t kKillAgainNs = 10'000'000;

  /// Throws std::system_error if there is no thread to be had.
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

/// One isolate, watched between start() and stop(), which one thread calls at a time.
class Watchdog::Watch {
 public:
  using Generation = SignalRegistry<>::Generation;

  /// One run of the isolate on one thread. Times are what `clock` shows, in nanoseconds.
  struct Run {
    ThreadCpuClock clock;
    /// From here on the signal will have come: entries are to follow memories that the engine
    /// moved, to which the handler could not write (D3).
    std::int64_t follow_ns;
    /// From here on the watchdog itself delivers the warning, for `generation`, in case the
    /// thread's signal did not come.
    std::int64_t warn_ns;
    /// From here on execution is terminated.
    std::int64_t kill_ns;
    Generation generation;
  };

  /// All outlive this object. May throw std::bad_alloc.
  Watch(Watchdog& watchdog, EngineExecution& execution, SignalRegistry<>& registry);
  /// Precondition: stopped.
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Precondition: stopped.
  void start(const Run& run) noexcept;
  /// Ends the run; when it returns, nothing is done to the isolate any more. Returns whether its
  /// execution was terminated since start().
  bool stop() noexcept;
  /// Whether execution was terminated since start().
  bool isKilled() noexcept;

 private:
  friend class Watchdog;

  // What is left until the next thing that is due, after doing what is. With the mutex held.
  std::int64_t look() noexcept;

  Watchdog& watchdog_;
  EngineExecution& execution_;
  SignalRegistry<>& registry_;
  // Guarded by the watchdog's mutex.
  Run run_;
  bool is_killed_ = false;
};

}  // namespace sigproof
