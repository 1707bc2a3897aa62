#include "core/limit/limit_signal.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include "core/limit/thread_cpu_timer.h"

namespace sigproof {
namespace {

// initial-exec: in a shared object the default model may allocate a thread's storage on first use,
// which would be inside the handler. Atomic, because the handler may interrupt a write to this
// variable.
[[gnu::tls_model("initial-exec")]] constinit thread_local std::atomic<SoftLimit*> running_limit{
    nullptr};
static_assert(std::atomic<SoftLimit*>::is_always_lock_free);

// The former actions, by signal number. A handler can find its data only through a global variable.
// Written before the handler is installed.
std::array<struct sigaction, _NSIG> former_actions;

constexpr char kMarker = 0;

// The default action of each of these ends the process. No instruction raises them, and none stops
// the process.
bool canBeTaken(int number) noexcept {
  constexpr std::array kOthers{SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF};
  return (number >= SIGRTMIN && number <= SIGRTMAX) ||
         std::find(kOthers.begin(), kOthers.end(), number) != kOthers.end();
}

bool isOurs(const siginfo_t& info) noexcept {
  return info.si_code == SI_TIMER && info.si_value.sival_ptr == LimitSignal::marker();
}

bool isHandler(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) != 0 ||
         (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

// Does what would happen without our handler: raises the signal, which is blocked until the handler
// returns and then has its default action.
void takeDefaultAction(int number) noexcept {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  (void)sigaction(number, &action, nullptr);
  (void)pthread_kill(pthread_self(), number);
}

void callFormer(int number, siginfo_t* info, void* context) noexcept {
  const struct sigaction& former = former_actions.at(number);
  if ((former.sa_flags & SA_SIGINFO) != 0) {
    former.sa_sigaction(number, info, context);
  } else if (former.sa_handler == SIG_DFL) {
    takeDefaultAction(number);
  } else if (former.sa_handler != SIG_IGN) {
    former.sa_handler(number);
  }
}

void onSignal(int number, siginfo_t* info, void* context) {
  const int interrupted_errno = errno;
  if (isOurs(*info)) {
    SoftLimit* limit = SoftLimit::running();
    if (limit != nullptr) limit->warnIfDue();
  } else {
    callFormer(number, info, context);
  }
  errno = interrupted_errno;
}

bool isOurHandler(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == &onSignal;
}

[[noreturn]] void refuse(int number, const char* reason) {
  throw std::invalid_argument("sigproof: signal " + std::to_string(number) +
                              " can't serve the CPU limit: " + reason);
}

struct sigaction exchangeAction(int number, const struct sigaction* action) {
  struct sigaction former{};
  if (sigaction(number, action, &former) != 0) {
    throw std::system_error(errno, std::generic_category(),
                            "sigproof: sigaction for signal " + std::to_string(number));
  }
  return former;
}

}  // namespace

LimitSignal::LimitSignal(int signal_number, FormerHandler former) : number_(signal_number) {
  if (!canBeTaken(number_)) {
    refuse(number_,
           "choose a real-time signal, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM or SIGPROF");
  }
  const struct sigaction found = exchangeAction(number_, nullptr);
  if (isOurHandler(found)) {
    refuse(number_, "another CPU limiter of this process has it; share that one");
  }
  if (former == FormerHandler::kRefuse && isHandler(found)) {
    refuse(number_,
           "it has a handler already; choose another number, or have that one called with "
           "FormerHandler::kChain");
  }
  former_actions.at(number_) = found;
  struct sigaction ours{};
  ours.sa_sigaction = &onSignal;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  // The former handler relies on its mask.
  ours.sa_mask = found.sa_mask;
  (void)exchangeAction(number_, &ours);
}

LimitSignal::~LimitSignal() {
  struct sigaction found{};
  (void)sigaction(number_, nullptr, &found);
  // A handler that was installed after ours may still call ours. With no limit running, ours does
  // nothing.
  if (!isOurHandler(found)) return;
  // Ignoring a signal discards it wherever it is pending.
  struct sigaction ignored{};
  ignored.sa_handler = SIG_IGN;
  (void)sigaction(number_, &ignored, nullptr);
  (void)sigaction(number_, &former_actions.at(number_), nullptr);
}

void* LimitSignal::marker() noexcept {
  // Only the address matters; nobody writes through it.
  return const_cast<char*>(&kMarker);
}

void SoftLimit::aim(std::int64_t deadline_ns) noexcept {
  deadline_ns_ = deadline_ns;
  generation_ = registry_.generation();
}

void SoftLimit::warnIfDue() noexcept {
  if (ThreadCpuClock::nowNs() >= deadline_ns_) registry_.deliver(generation_);
}

void SoftLimit::setRunning(SoftLimit* limit) noexcept {
  // The fences stop the compiler from moving changes of a limit into the time in which the handler
  // can find it.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  running_limit.store(limit, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

SoftLimit* SoftLimit::running() noexcept {
  SoftLimit* limit = running_limit.load(std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return limit;
}

}  // namespace sigproof
