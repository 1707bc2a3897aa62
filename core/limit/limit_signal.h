// The process's handler of the CPU limit's signal, and the pointer through which it finds the limit
// that runs on its thread. Used by cpu_limit.h; embedders choose the signal in CpuLimiter's
// options. Its properties are D6 and D7 of core/SPECIFICATION.md.
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

/// What happens to a handler that the embedder had installed for the signal before us.
enum class FormerHandler : std::uint8_t {
  /// It is an error: the constructor throws. A signal that our timers did not send has its default
  /// action, as before.
  kRefuse,
  /// It is called, on the same thread and with the same arguments, for every signal that our timers
  /// did not send.
  kChain,
};

/// Takes one signal number of the process while it lives (D7 of core/SPECIFICATION.md).
///
/// The handler runs with SA_SIGINFO, SA_RESTART (a slow system call that it interrupts is resumed)
/// and SA_ONSTACK (on the thread's alternate stack, if it has one, because a WebAssembly stack may
/// be nearly full). While it runs, its own signal is blocked, and what the former handler's mask
/// blocks. It keeps errno, allocates nothing and takes no lock.
///
/// A signal is ours if one of our timers sent it: SI_TIMER with the value marker(). The former
/// handler gets any other. If the former action was SIG_IGN, any other is ignored. If it was
/// SIG_DFL, any other has the default action, which ends the process for every number allowed here.
/// SA_RESETHAND of a former handler is not honoured. A former handler without SA_ONSTACK still runs
/// on the alternate stack.
class LimitSignal {
 public:
  /// `signal_number`: any real-time signal, or one of SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM,
  /// SIGVTALRM, SIGPROF. Throws std::invalid_argument for any other number, for one that another
  /// LimitSignal has, and for one that has a handler if `former` is kRefuse. Throws
  /// std::system_error if the kernel refuses.
  LimitSignal(int signal_number, FormerHandler former);
  /// Restores the former action, and discards our signals that are still pending, which could
  /// otherwise end the process. If somebody installed a handler after us, that one stays; it may
  /// call ours, which then does nothing. Precondition: no timer sends this signal any more.
  ~LimitSignal();
  LimitSignal(const LimitSignal&) = delete;
  LimitSignal& operator=(const LimitSignal&) = delete;

  int number() const noexcept { return number_; }

  /// The `si_value.sival_ptr` of the signals of our timers.
  static void* marker() noexcept;

 private:
  const int number_;
};

/// What the handler needs of one isolate's limit. The isolate's own thread changes it, and only
/// while it is not the running limit of that thread. The handler reads it on the same thread. So a
/// handler finds either no limit or one that isn't being changed.
class SoftLimit {
 public:
  using Generation = SignalRegistry<>::Generation;

  /// `registry` outlives this object.
  explicit SoftLimit(SignalRegistry<>& registry) noexcept : registry_(registry) {}

  /// From now on a warning is due when the thread's CPU clock shows `deadline_ns` (nanoseconds).
  /// The warning is for the registry's current generation. Precondition: not the running limit of
  /// any thread.
  void aim(std::int64_t deadline_ns) noexcept;

  /// Warns if the deadline is past. The clock decides, not the signal. So a signal for a budget
  /// that was renewed, or for an isolate that has left the thread, writes nothing (D6).
  /// Async-signal-safe; call it on the thread that the limit runs on.
  void warnIfDue() noexcept;

  /// Sets the limit that the calling thread's handler finds; null: none. Async-signal-safe.
  static void setRunning(SoftLimit* limit) noexcept;
  static SoftLimit* running() noexcept;

 private:
  SignalRegistry<>& registry_;
  std::int64_t deadline_ns_ = std::numeric_limits<std::int64_t>::max();
  Generation generation_{};
};

}  // namespace sigproof
