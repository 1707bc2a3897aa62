// CPU time of one thread: a clock that any thread can read, and a timer that sends its own thread a
// signal when the thread has used a given amount.
//
//   const ThreadCpuClock clock = ThreadCpuClock::ofThisThread();
//   ThreadCpuTimer timer(SIGRTMIN, &marker);                     // a handler is installed already
//   timer.arm(ThreadCpuClock::nowNs() + 50'000'000);             // a signal after 50 ms of work
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <optional>

namespace sigproof {

/// Names the CPU clock of a thread. A value type: copy it freely.
class ThreadCpuClock {
 public:
  /// Returns the calling thread's clock.
  static ThreadCpuClock ofThisThread() noexcept;

  /// Returns the CPU time that the calling thread has used, in nanoseconds. Async-signal-safe;
  /// keeps errno.
  static std::int64_t nowNs() noexcept;

  /// Returns the CPU time that the thread has used, in nanoseconds; nothing if it has ended. Any
  /// thread.
  std::optional<std::int64_t> readNs() const noexcept;

 private:
  explicit ThreadCpuClock(clockid_t id) noexcept : id_(id) {}
  clockid_t id_;
};

/// A timer on the CPU clock of the thread that makes it. Its signal is sent to that thread
/// (SIGEV_THREAD_ID). Make, arm and destroy it on that thread; not signal-safe.
///
/// The kernel checks such timers at its ticks, and only while the thread runs. So a signal comes up
/// to a tick of CPU time late (4 ms at 250 Hz), never early. Each timer takes one of the pending
/// signals that RLIMIT_SIGPENDING allows, so that its signal can't be lost for want of memory.
class ThreadCpuTimer {
 public:
  /// Makes a disarmed timer. Its signal has the `si_code` SI_TIMER and the `si_value.sival_ptr`
  /// `signal_value`. Throws std::system_error if the kernel refuses a timer.
  ThreadCpuTimer(int signal_number, void* signal_value);
  ~ThreadCpuTimer();
  ThreadCpuTimer(const ThreadCpuTimer&) = delete;
  ThreadCpuTimer& operator=(const ThreadCpuTimer&) = delete;

  /// Sends one signal when the thread's clock shows `deadline_ns` (nanoseconds); at once if it is
  /// past.
  void arm(std::int64_t deadline_ns) noexcept;

  /// Sends no signal from now on. One that was sent before may still be on its way.
  void disarm() noexcept;

 private:
  timer_t timer_ = nullptr;
};

}  // namespace sigproof
