#include "core/limit/cpu_limit.h"

#include <csignal>
#include <stdexcept>
#include <string>

#include "core/list/std_policy.h"

namespace sigproof {
namespace {

constexpr int kDefaultSignalOffset = 4;  // above the numbers that libraries usually take
constexpr std::int64_t kNsPerMs = 1'000'000;
// The longest tick of a Linux kernel (100 Hz). A timer's signal can be that late.
constexpr std::int64_t kTickNs = 10 * kNsPerMs;

int signalNumberOf(const CpuLimiter::Options& options) {
  return options.signal_number != 0 ? options.signal_number : SIGRTMIN + kDefaultSignalOffset;
}

CpuLimit::Options checked(const CpuLimit::Options& options) {
  const std::uint64_t smallest_ms = std::uint64_t{options.soft_limit_ms} + CpuLimit::kSmallestGapMs;
  if (options.soft_limit_ms == 0 || options.hard_limit_ms < smallest_ms) {
    throw std::invalid_argument("sigproof: a soft CPU limit of " +
                                std::to_string(options.soft_limit_ms) + " ms and a hard one of " +
                                std::to_string(options.hard_limit_ms) +
                                " ms: give a soft one of at least 1 ms and a hard one at least " +
                                std::to_string(CpuLimit::kSmallestGapMs) + " ms above it");
  }
  return options;
}

}  // namespace

CpuLimiter::CpuLimiter(const Options& options)
    : signal_(signalNumberOf(options), options.former_handler) {}

CpuLimit::CpuLimit(CpuLimiter& limiter, EngineExecution& execution, SignalRegistry<>& registry,
                   const Options& options)
    : limiter_(limiter),
      execution_(execution),
      registry_(registry),
      soft_limit_ns_(checked(options).soft_limit_ms * kNsPerMs),
      hard_limit_ns_(options.hard_limit_ms * kNsPerMs),
      soft_(registry),
      watch_(limiter.watchdog_, execution, registry) {}

CpuLimit::~CpuLimit() {
  if constexpr (StdPolicy::kReportMisuse) {
    if (depth_ != 0) StdPolicy::reportMisuse("CpuLimit: destroyed inside a scope of its own");
  }
}

bool CpuLimit::renew() noexcept {
  Scope* scope = Scope::innermost();
  const bool is_running = scope != nullptr && &scope->limit_ == this;
  if (is_running) suspend(scope->timer_);
  // Between suspend() and resume() neither the handler nor the watchdog knows this limit, so the
  // order of the steps below doesn't matter.
  const bool is_renewed = is_kill_settled_;
  if (is_renewed) {
    registry_.renew();
    used_ns_ = 0;
    is_killed_ = false;
  }
  if (is_running) resume(scope->timer_);
  return is_renewed;
}

bool CpuLimit::isKilled() noexcept {
  return is_killed_ || (resumed_at_ns_.has_value() && watch_.isKilled());
}

std::int64_t CpuLimit::usedNs() const noexcept {
  return resumed_at_ns_ ? used_ns_ + ThreadCpuClock::nowNs() - *resumed_at_ns_ : used_ns_;
}

void CpuLimit::resume(ThreadCpuTimer& timer) noexcept {
  const std::int64_t now_ns = ThreadCpuClock::nowNs();
  const std::int64_t soft_ns = now_ns + soft_limit_ns_ - used_ns_;
  const std::int64_t hard_ns = now_ns + hard_limit_ns_ - used_ns_;
  resumed_at_ns_ = now_ns;
  soft_.aim(soft_ns);
  SoftLimit::setRunning(&soft_);
  if (!registry_.isWarned()) timer.arm(soft_ns);
  watch_.start({.clock = ThreadCpuClock::ofThisThread(),
                .follow_ns = soft_ns + kTickNs,
                .warn_ns = soft_ns + (hard_limit_ns_ - soft_limit_ns_) / 2,
                .kill_ns = hard_ns,
                .generation = registry_.generation()});
}

void CpuLimit::suspend(ThreadCpuTimer& timer) noexcept {
  // From here on a signal that is on its way finds no limit. If it comes when this limit runs
  // again, it is of an old generation.
  SoftLimit::setRunning(nullptr);
  timer.disarm();
  if (watch_.stop()) {
    is_killed_ = true;
    is_kill_settled_ = false;
  }
  registry_.retireGeneration();
  used_ns_ = usedNs();
  resumed_at_ns_.reset();
}

void CpuLimit::settleKill() noexcept {
  execution_.recover();
  // Follow memories before marking: an entry that is marked is dead, and a dead entry is not moved.
  execution_.followMemories();
  registry_.markTerminated();
  is_kill_settled_ = true;
}

CpuLimit::Scope*& CpuLimit::Scope::innermost() noexcept {
  static constinit thread_local Scope* scope = nullptr;
  return scope;
}

CpuLimit::Scope::Scope(CpuLimit& limit)
    : limit_(limit),
      timer_(limit.limiter_.signalNumber(), LimitSignal::marker()),
      outer_(innermost()) {
  if (outer_ != nullptr) outer_->limit_.suspend(outer_->timer_);
  innermost() = this;
  ++limit_.depth_;
  limit_.resume(timer_);
}

CpuLimit::Scope::~Scope() {
  limit_.suspend(timer_);
  innermost() = outer_;
  if (--limit_.depth_ == 0 && !limit_.is_kill_settled_) limit_.settleKill();
  if (outer_ != nullptr) outer_->limit_.resume(outer_->timer_);
}

}  // namespace sigproof
