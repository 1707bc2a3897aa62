#include "models/stepping/engine/tracer.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "models/stepping/engine/trap_flag.h"

namespace sigproof::stepping {
namespace {

// The child stops for the parent with this signal. Its default action is to do nothing.
constexpr int kMessageSignal = SIGURG;

// The parent reads it in the child's memory, at the same address as its own.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
volatile long message_to_tracer = 0;

// Distinguishes a stop at a system call from a step (PTRACE_O_TRACESYSGOOD).
constexpr int kSystemCallStop = SIGTRAP | 0x80;

class Tracer {
 public:
  explicit Tracer(pid_t child) : child_(child) {}

  std::optional<int> trace() {
    bool is_ready = false;
    int status = 0;
    while (waitForChild(status)) {
      if (WIFEXITED(status)) {
        if (!is_ready) return std::nullopt;
        return WEXITSTATUS(status);
      }
      if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
      if (!is_ready) {
        is_ready = true;
        ptrace(PTRACE_SETOPTIONS, child_, nullptr, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
      }
      onStop(WSTOPSIG(status));
    }
    return std::nullopt;
  }

 private:
  /// A part that is to be stepped. Levels nest, because a handler may be stepped as well.
  struct Level {
    bool was_marked = false;  ///< before the instruction that is being stepped
    bool is_in_handler = false;
    bool is_returning = false;  ///< in the system call with which the handler returns
  };

  bool waitForChild(int& status) const {
    pid_t changed = 0;
    do {
      changed = waitpid(child_, &status, 0);
    } while (changed < 0 && errno == EINTR);
    return changed == child_;
  }

  void onStop(int signal) {
    switch (signal) {
      case kMessageSignal:
        onMessage();
        return resume(0);
      case SIGTRAP:
        return onStep();
      case kSystemCallStop:
        return onSystemCall();
      case SIGSEGV:
      case SIGBUS:
      case SIGABRT:  // the handler leaves what was stepped, or what looks, and says so
        ptrace(isInHandler() ? PTRACE_SYSCALL : PTRACE_CONT, child_, nullptr, signal);
        return;
      default:
        return resume(signal);
    }
  }

  void onMessage() {
    const long text = ptrace(PTRACE_PEEKDATA, child_, &message_to_tracer, nullptr);
    switch (static_cast<internal::TracerMessage>(text)) {
      case internal::TracerMessage::kReady:
        break;
      case internal::TracerMessage::kStepsBegin:
        levels_.emplace_back();
        break;
      case internal::TracerMessage::kStepsEnd:
        if (!levels_.empty()) levels_.pop_back();
        break;
    }
  }

  void onStep() {
    if (levels_.empty() || isInHandler()) return resume(SIGTRAP);  // not one of our steps
    Level& level = levels_.back();
    // As with the trap flag, the flag before the instruction decides.
    const Stop stop = stopOfStep();
    if (stop.is_behind_system_call) return resume(0);  // the trap flag raises nothing here
    const bool is_boundary = std::exchange(level.was_marked, stop.is_marked);
    if (!is_boundary) return resume(0);
    level.is_in_handler = true;
    ptrace(PTRACE_SYSCALL, child_, nullptr, SIGTRAP);
  }

  // Lets the handler run without steps, up to the end of the system call that ends it.
  void onSystemCall() {
    if (isInHandler()) {
      Level& level = levels_.back();
      __ptrace_syscall_info info{};
      ptrace(PTRACE_GET_SYSCALL_INFO, child_, sizeof info, &info);
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        level.is_returning = info.entry.nr == SYS_rt_sigreturn;
      } else if (level.is_returning) {
        level.is_in_handler = level.is_returning = false;
      }
    }
    resume(0);
  }

  bool isInHandler() const { return !levels_.empty() && levels_.back().is_in_handler; }

  void resume(int signal) const {
    const auto how = levels_.empty() ? PTRACE_CONT
                     : isInHandler() ? PTRACE_SYSCALL
                                     : PTRACE_SINGLESTEP;
    ptrace(how, child_, nullptr, signal);
  }

  struct Stop {
    bool is_marked = false;
    bool is_behind_system_call = false;
  };

  Stop stopOfStep() const {
    user_regs_struct registers{};
    iovec buffer{&registers, sizeof registers};
    ptrace(PTRACE_GETREGSET, child_, NT_PRSTATUS, &buffer);
#if defined(__x86_64__)
    // orig_rax is the system call's number, or -1 where the thread was interrupted.
    return {(registers.eflags & internal::kMarkFlag) != 0,
            static_cast<std::int64_t>(registers.orig_rax) >= 0};
#else
    // Nothing to mark with: what surrounds the operation is stepped too.
    return {true, false};
#endif
  }

  pid_t child_;
  std::vector<Level> levels_;
};

}  // namespace

namespace internal {

void tellTracer(TracerMessage message) noexcept {
  if (flag_to_set != kMarkFlag) return;
  message_to_tracer = static_cast<long>(message);
  raise(kMessageSignal);
}

}  // namespace internal

std::optional<int> runTraced(const std::function<int()>& program) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return std::nullopt;
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(EXIT_FAILURE);
    internal::flag_to_set = internal::kMarkFlag;
    internal::tellTracer(internal::TracerMessage::kReady);
    std::exit(program());  // NOLINT(concurrency-mt-unsafe): the child has one thread
  }
  return Tracer(child).trace();
}

}  // namespace sigproof::stepping
