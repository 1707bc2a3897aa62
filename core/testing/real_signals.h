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

/// Long enough for anything that comes at all: no test passes by reaching it.
inline constexpr std::int64_t kPatienceNs = 5'000'000'000;

/// Uses CPU time until `condition` holds. False when patience is at its end.
template <class Condition>
[[nodiscard]] bool burnUntil(Condition&& condition) {
  const std::int64_t end_ns = ThreadCpuClock::nowNs() + kPatienceNs;
  while (!condition()) {
    if (ThreadCpuClock::nowNs() > end_ns) return false;
  }
  return true;
}

/// Uses this much CPU time of the calling thread.
inline void burn(std::int64_t time_ns) {
  const std::int64_t end_ns = ThreadCpuClock::nowNs() + time_ns;
  while (ThreadCpuClock::nowNs() < end_ns) {
  }
}

/// Sends thread `thread_id` of this process the signal that a timer of ours would. Unlike a
/// timer's, which newer kernels take back when the timer is disarmed, it can't be recalled: a late
/// signal as older kernels have it. Waits while the queue of pending signals is full; a thread that
/// has ended gets nothing.
inline void sendAsTimer(pid_t thread_id, int signal_number, void* value = LimitSignal::marker()) {
  siginfo_t info{};
  info.si_signo = signal_number;
  info.si_code = SI_TIMER;
  info.si_value.sival_ptr = value;
  while (syscall(SYS_rt_tgsigqueueinfo, getpid(), thread_id, signal_number, &info) != 0) {
    if (errno == ESRCH) return;
    if (errno != EAGAIN) std::abort();  // a mistake of the test's
    sched_yield();
  }
}

/// The signal is blocked on the calling thread while this lives.
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

  /// Whether it came, and waits to be let in.
  bool isPending() const {
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, number_) == 1;
  }

 private:
  const int number_;
  sigset_t former_{};
};

/// An action of the embedder's, while this lives.
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
  /// SIG_IGN, SIG_DFL or a handler without SA_SIGINFO.
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
