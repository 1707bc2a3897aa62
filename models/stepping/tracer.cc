#include "models/stepping/tracer.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "models/stepping/trap_flag.h"

namespace sigproof::stepping {
namespace {

// What stops the child for the parent: a signal that does nothing where it gets through.
constexpr int kMessageSignal = SIGURG;

// Read by the parent in the child's memory, at the same address as its own.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
volatile long message_to_tracer = 0;

/// Where a thread stands: enough to know when it has come back from a handler.
struct Standpoint {
  std::uint64_t instruction = 0;
  std::uint64_t stack = 0;
  bool is_marked = false;

  bool isSamePlace(const Standpoint& other) const {
    return instruction == other.instruction && stack == other.stack;
  }
};

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
        ptrace(PTRACE_SETOPTIONS, child_, nullptr, PTRACE_O_EXITKILL);
      }
      onStop(WSTOPSIG(status));
    }
    return std::nullopt;
  }

 private:
  /// A stretch that is to be stepped. They nest: a handler may be stepped as well.
  struct Level {
    bool is_in_handler = false;
    bool is_leaving_handler = false;
    Standpoint at;  // before the instruction that is being stepped
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
      case SIGSEGV:
      case SIGBUS:
      case SIGABRT:  // the handler leaves what was stepped, and says so
        ptrace(PTRACE_CONT, child_, nullptr, signal);
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
      case internal::TracerMessage::kHandlerEnds:
        if (!levels_.empty()) levels_.back().is_leaving_handler = true;
        break;
    }
  }

  void onStep() {
    if (levels_.empty()) return resume(SIGTRAP);  // none of ours
    Level& level = levels_.back();
    const Standpoint here = standpoint();
    if (level.is_leaving_handler) {
      const bool is_back = here.isSamePlace(level.at);
      if (is_back) level.is_in_handler = level.is_leaving_handler = false;
      return resume(0);
    }
    if (level.is_in_handler) return resume(0);
    // As the trap flag does it: what counts is how the flag stood before the instruction.
    const bool is_boundary = level.at.is_marked;
    level.at = here;
    if (!is_boundary) return resume(0);
    level.is_in_handler = true;
    ptrace(PTRACE_CONT, child_, nullptr, SIGTRAP);
  }

  void resume(int signal) const {
    const bool is_stepping =
        !levels_.empty() && (!levels_.back().is_in_handler || levels_.back().is_leaving_handler);
    ptrace(is_stepping ? PTRACE_SINGLESTEP : PTRACE_CONT, child_, nullptr, signal);
  }

  Standpoint standpoint() const {
    user_regs_struct registers{};
    iovec buffer{&registers, sizeof registers};
    ptrace(PTRACE_GETREGSET, child_, NT_PRSTATUS, &buffer);
#if defined(__x86_64__)
    return {registers.rip, registers.rsp, (registers.eflags & internal::kMarkFlag) != 0};
#elif defined(__aarch64__)
    // Nothing to mark with: what surrounds the operation is stepped too.
    return {registers.pc, registers.sp, true};
#else
#error "which registers are the instruction pointer and the stack pointer?"
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
    std::exit(program());
  }
  return Tracer(child).trace();
}

}  // namespace sigproof::stepping
