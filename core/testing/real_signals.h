// For tests: real signals, real CPU time.
//
//   const InstalledHandler former(SIGUSR1, SA_SIGINFO, &onSignal);     // put back at the end
//   const BlockedSignal blocked(SIGUSR1);
//   sendAsTimer(gettid(), SIGUSR1);                                   // as a timer of ours would
//   EXPECT_TRUE(burnUntil([&] { return memory.word(16) == 24; }));
#pragma once

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/limit/limit_signal.h"
#include "core/limit/thread_cpu_timer.h"

namespace sigproof {

/// Longer than anything takes that happens at all. No test passes by waiting this long.
inline constexpr std::int64_t kPatienceNs = 5'000'000'000;

/// Uses CPU time until `condition` holds. Returns false if it still doesn't hold after kPatienceNs.
template <class Condition>
[[nodiscard]] bool burnUntil(Condition&& condition) {
  const std::int64_t end_ns = ThreadCpuClock::nowNs() + kPatienceNs;
  while (!condition()) {
    if (ThreadCpuClock::nowNs() > end_ns) return false;
  }
  return true;
}

/// Uses `time_ns` nanoseconds of CPU time on the calling thread.
inline void burn(std::int64_t time_ns) {
  const std::int64_t end_ns = ThreadCpuClock::nowNs() + time_ns;
  while (ThreadCpuClock::nowNs() < end_ns) {
  }
}

/// Sends thread `thread_id` of this process the signal that a timer of ours would send. Newer
/// kernels take a timer's signal back when the timer is disarmed. Nothing takes this one back, so
/// it is a late signal as older kernels have it. Waits while the queue of pending signals is full.
/// A thread that has ended gets nothing.
inline void sendAsTimer(pid_t thread_id, int signal_number, void* value = LimitSignal::marker()) {
  siginfo_t info{};
  info.si_signo = signal_number;
  info.si_code = SI_TIMER;
  info.si_value.sival_ptr = value;
  while (syscall(SYS_rt_tgsigqueueinfo, getpid(), thread_id, signal_number, &info) != 0) {
    if (errno == ESRCH) return;
    if (errno != EAGAIN) std::abort();  // the test made a mistake
    sched_yield();
  }
}

/// Blocks a signal on the calling thread while it lives.
class BlockedSignal {
 public:
  explicit BlockedSignal(int number) : number_(number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, &former_);
  }
  ~BlockedSignal() { pthread_sigmask(SIG_SETMASK, &former_, nullptr); }
  BlockedSignal(const BlockedSignal&) = delete;
  BlockedSignal& operator=(const BlockedSignal&) = delete;

  /// Returns whether the signal came and is pending.
  bool isPending() const {
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, number_) == 1;
  }

 private:
  const int number_;
  sigset_t former_{};
};

/// Installs a signal action, as an embedder would, while it lives.
class InstalledHandler {
 public:
  using Function = void (*)(int, siginfo_t*, void*);

  InstalledHandler(int number, int flags, Function function, int also_blocked = 0)
      : number_(number) {
    struct sigaction action{};
    action.sa_sigaction = function;
    action.sa_flags = flags | SA_SIGINFO;
    if (also_blocked != 0) sigaddset(&action.sa_mask, also_blocked);
    sigaction(number_, &action, &former_);
  }
  /// For SIG_IGN, SIG_DFL or a handler without SA_SIGINFO.
  InstalledHandler(int number, void (*function)(int)) : number_(number) {
    struct sigaction action{};
    action.sa_handler = function;
    sigaction(number_, &action, &former_);
  }
  ~InstalledHandler() { sigaction(number_, &former_, nullptr); }
  InstalledHandler(const InstalledHandler&) = delete;
  InstalledHandler& operator=(const InstalledHandler&) = delete;

 private:
  const int number_;
  struct sigaction former_{};
};

}  // namespace sigproof
