#include "core/limit/watchdog.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <limits>
#include <optional>

namespace sigproof {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// The watchdog looks in between if a deadline is further away, so that a clock plus the time left
// never overflows.
constexpr std::int64_t kLongestSleepNs = 3'600'000'000'000;

std::chrono::nanoseconds sleepFor(std::int64_t left_ns) noexcept {
  return std::chrono::nanoseconds(std::min(left_ns, kLongestSleepNs));
}

// A new thread inherits the mask of the thread that makes it.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &former_);
  }
  ~AllSignalsBlocked() { (void)pthread_sigmask(SIG_SETMASK, &former_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t former_{};
};

}  // namespace

Watchdog::Watchdog() {
  const AllSignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    next_look_ = look();
    // A spurious wake-up costs one look too many, which does no harm.
    if (next_look_ == Clock::time_point::max()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, next_look_);
    }
  }
}

Watchdog::Clock::time_point Watchdog::look() noexcept {
  std::int64_t left_ns = kNever;
  for (Watch* watch : running_) left_ns = std::min(left_ns, watch->look());
  if (left_ns == kNever) return Clock::time_point::max();
  return Clock::now() + std::max<std::chrono::nanoseconds>(kSmallestSleep, sleepFor(left_ns));
}

Watchdog::Watch::Watch(Watchdog& watchdog, EngineExecution& execution, SignalRegistry<>& registry)
    : watchdog_(watchdog),
      execution_(execution),
      registry_(registry),
      run_{ThreadCpuClock::ofThisThread(), kNever, kNever, kNever, {}} {
  const std::lock_guard lock(watchdog_.mutex_);
  // Reserve room for every watch, so that start() can't fail.
  watchdog_.running_.reserve(watchdog_.watch_count_ + 1);
  ++watchdog_.watch_count_;
}

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(watchdog_.mutex_);
  --watchdog_.watch_count_;
}

void Watchdog::Watch::start(const Run& run) noexcept {
  const std::int64_t left_ns = std::min({run.follow_ns, run.warn_ns, run.kill_ns}) -
                               run.clock.readNs().value_or(run.kill_ns);
  const auto due = Clock::now() + sleepFor(left_ns);
  bool is_due_first = false;
  {
    const std::lock_guard lock(watchdog_.mutex_);
    run_ = run;
    is_killed_ = false;
    watchdog_.running_.push_back(this);
    is_due_first = due < watchdog_.next_look_;
    if (is_due_first) watchdog_.next_look_ = due;
  }
  if (is_due_first) watchdog_.wake_.notify_one();
}

bool Watchdog::Watch::stop() noexcept {
  const std::lock_guard lock(watchdog_.mutex_);
  std::erase(watchdog_.running_, this);
  return is_killed_;
}

bool Watchdog::Watch::isKilled() noexcept {
  const std::lock_guard lock(watchdog_.mutex_);
  return is_killed_;
}

std::int64_t Watchdog::Watch::look() noexcept {
  const std::optional<std::int64_t> now_ns = run_.clock.readNs();
  if (!now_ns) return kNever;  // the thread ended in the middle of the run
  if (*now_ns >= run_.follow_ns) {
    execution_.requestFollowMemories();
    run_.follow_ns = kNever;
  }
  if (*now_ns >= run_.warn_ns) {
    if (!registry_.isWarned()) registry_.deliver(run_.generation);
    run_.warn_ns = kNever;
  }
  if (*now_ns >= run_.kill_ns) {
    execution_.terminate();
    is_killed_ = true;
    run_.kill_ns = *now_ns + kKillAgainNs;
  }
  return std::min({run_.follow_ns, run_.warn_ns, run_.kill_ns}) - *now_ns;
}

}  // namespace sigproof
