// The process's handler of the CPU limit's signal, and the one pointer that it follows: what limit
// runs on its thread. Used by cpu_limit.h; embedders see it only through CpuLimiter's options.
//
//   LimitSignal signal(SIGRTMIN + 4, FormerHandler::kChain);       // the process, once
//   SoftLimit soft(registry);                                      // one an isolate
//   soft.aim(deadline_ns);
//   SoftLimit::setRunning(&soft);       // from here on a signal of a timer warns, if it is due
//   SoftLimit::setRunning(nullptr);     // from here on it finds nothing
#pragma once

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/registry/signal_registry.h"

namespace sigproof {

/// What becomes of a handler that the embedder had installed for the signal before us.
enum class FormerHandler : std::uint8_t {
  /// It is an error: the constructor throws. A signal of another origin than our timers then does
  /// what it did before us: its default action.
  kRefuse,
  /// It is called, on the same thread and with the same arguments, for every signal that is not one
  /// of our timers'.
  kChain,
};

/// Takes one signal number for the process while it lives.
///
/// The handler runs with SA_SIGINFO, SA_RESTART (a slow system call that it interrupts goes on) and
/// SA_ONSTACK (on the thread's alternate stack, if it has one: a WebAssembly stack may be nearly
/// full). While it runs, its own signal is blocked and whatever the former handler's mask blocks,
/// nothing else. It keeps errno, allocates nothing, takes no lock.
///
/// A signal is ours if a timer of ours sent it: SI_TIMER with the value marker(). Any other goes to
/// the former handler, or is ignored if the former action was SIG_IGN, or has the default action,
/// which for every number taken here ends the process. SA_RESETHAND of a former handler is not
/// honoured; without SA_ONSTACK it still runs on the alternate stack.
class LimitSignal {
 public:
  /// Any real-time signal, or one of SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF. Throws
  /// std::invalid_argument for any other number, for one that another LimitSignal has, and for one
  /// with a former handler that is to be refused; std::system_error if the kernel refuses.
  LimitSignal(int signal_number, FormerHandler former);
  /// Puts the former action back, and discards our signals that are still pending, which could
  /// otherwise end the process. Where somebody took the signal after us, it stays as it is: that
  /// handler may call ours, which then does nothing. Precondition: no timer sends this signal any
  /// more.
  ~LimitSignal();
  LimitSignal(const LimitSignal&) = delete;
  LimitSignal& operator=(const LimitSignal&) = delete;

  int number() const noexcept { return number_; }

  /// The `si_value.sival_ptr` of our timers' signals.
  static void* marker() noexcept;

 private:
  const int number_;
};

/// What the handler needs of one isolate's limit. Changed by the isolate's own thread, and only
/// while the limit is not the running one of that thread; read by the handler on the same thread.
/// So there is nothing to race for: a handler sees either no limit or one that is at rest.
class SoftLimit {
 public:
  using Generation = SignalRegistry<>::Generation;

  /// `registry` outlives this object.
  explicit SoftLimit(SignalRegistry<>& registry) noexcept : registry_(registry) {}

  /// From now on a warning is due when the thread's CPU clock shows `deadline_ns`, and is for the
  /// registry's present generation. Precondition: not the running limit of any thread.
  void aim(std::int64_t deadline_ns) noexcept;

  /// Warns if the deadline is past. A signal only prompts it, the clock decides: so one that was
  /// sent for a budget that was renewed, or for an isolate that has left the thread, writes nothing
  /// (D6). Async-signal-safe; on the thread that the limit runs on.
  void warnIfDue() noexcept;

  /// Makes a limit the one that the calling thread's handler finds; null: none. Async-signal-safe.
  static void setRunning(SoftLimit* limit) noexcept;
  static SoftLimit* running() noexcept;

 private:
  SignalRegistry<>& registry_;
  std::int64_t deadline_ns_ = std::numeric_limits<std::int64_t>::max();
  Generation generation_{};
};

}  // namespace sigproof
