#include "core/limit/thread_cpu_timer.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

// glibc 2.36 has the field, but not yet the name that newer versions give it.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace sigproof {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

std::int64_t toNs(const timespec& time) noexcept {
  return static_cast<std::int64_t>(time.tv_sec) * kNsPerSecond + time.tv_nsec;
}

}  // namespace

ThreadCpuClock ThreadCpuClock::ofThisThread() noexcept {
  clockid_t id{};
  // Can't fail: the calling thread exists, and Linux has such clocks.
  (void)pthread_getcpuclockid(pthread_self(), &id);
  return ThreadCpuClock(id);
}

std::int64_t ThreadCpuClock::nowNs() noexcept {
  timespec now{};
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);  // can't fail, so errno is unchanged
  return toNs(now);
}

std::optional<std::int64_t> ThreadCpuClock::readNs() const noexcept {
  timespec now{};
  if (clock_gettime(id_, &now) != 0) return std::nullopt;
  return toNs(now);
}

ThreadCpuTimer::ThreadCpuTimer(int signal_number, void* signal_value) {
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal_number;
  event.sigev_value.sival_ptr = signal_value;
  event.sigev_notify_thread_id = gettid();
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer_) != 0) {
    throw std::system_error(errno, std::generic_category(),
                            "sigproof: no CPU timer for this thread (RLIMIT_SIGPENDING bounds how "
                            "many a user may have)");
  }
}

ThreadCpuTimer::~ThreadCpuTimer() { (void)timer_delete(timer_); }

void ThreadCpuTimer::arm(std::int64_t deadline_ns) noexcept {
  // 0 would disarm it.
  const std::int64_t due_ns = std::max<std::int64_t>(deadline_ns, 1);
  itimerspec when{};
  when.it_value.tv_sec = due_ns / kNsPerSecond;
  when.it_value.tv_nsec = due_ns % kNsPerSecond;
  (void)timer_settime(timer_, TIMER_ABSTIME, &when, nullptr);  // can't fail: own thread, valid time
}

void ThreadCpuTimer::disarm() noexcept {
  const itimerspec never{};
  (void)timer_settime(timer_, 0, &never, nullptr);
}

}  // namespace sigproof
