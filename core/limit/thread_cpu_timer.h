// CPU time of one thread: a clock that any thread can read, and a timer that sends its own thread a
// signal when the thread has used enough.
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

/// Names the CPU clock of a thread. A value: copied freely.
class ThreadCpuClock {
 public:
  /// The calling thread's.
  static ThreadCpuClock ofThisThread() noexcept;

  /// CPU time that the calling thread has used, in nanoseconds. Async-signal-safe; leaves errno as
  /// it is.
  static std::int64_t nowNs() noexcept;

  /// CPU time that the thread has used, in nanoseconds; nothing if it has ended. Any thread.
  std::optional<std::int64_t> readNs() const noexcept;

 private:
  explicit ThreadCpuClock(clockid_t id) noexcept : id_(id) {}
  clockid_t id_;
};

/// A timer on the CPU clock of the thread that makes it, whose signal comes on that thread
/// (SIGEV_THREAD_ID). Made, armed and destroyed on that thread; not signal-safe.
///
/// The kernel looks at such timers at its ticks, and only while the thread runs: a signal comes up
/// to a tick of CPU time late (4 ms at 250 Hz), never early. Each timer takes one of the pending
/// signals that RLIMIT_SIGPENDING allows, so that its signal can't be lost for want of memory.
class ThreadCpuTimer {
 public:
  /// Disarmed. The signal's `si_code` is SI_TIMER, its `si_value.sival_ptr` is `signal_value`.
  /// Throws std::system_error if the kernel has no timer to give.
  ThreadCpuTimer(int signal_number, void* signal_value);
  ~ThreadCpuTimer();
  ThreadCpuTimer(const ThreadCpuTimer&) = delete;
  ThreadCpuTimer& operator=(const ThreadCpuTimer&) = delete;

  /// One signal when the thread's clock shows `deadline_ns`; at once if it is past.
  void arm(std::int64_t deadline_ns) noexcept;

  /// No signal; one that was sent before may still be on its way.
  void disarm() noexcept;

 private:
  timer_t timer_ = nullptr;
};

}  // namespace sigproof
