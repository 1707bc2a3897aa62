#include "models/stepping/stepper.h"

#include <link.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace sigproof::stepping {

bool Selection::contains(std::size_t boundary) const noexcept {
  return isAll() ||
         std::find(boundaries_.begin(), boundaries_.end(), boundary) != boundaries_.end();
}

namespace internal {
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
thread_local sigjmp_buf operation_escape;
thread_local sigjmp_buf look_escape;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)
}  // namespace internal

namespace {

// What the handlers need to know of the thread that they interrupt.
struct Session {
  BoundaryObserver* observer = nullptr;  // null once it wants no more
  const Selection* selection = nullptr;
  StepOutcome outcome;
  bool is_operating = false;
  bool is_looking = false;
};

struct TextRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): as above.
thread_local Session session;
TextRange program_text;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

std::uintptr_t instructionPointer(const void* context) noexcept {
#if defined(__x86_64__) && defined(__linux__)
  return static_cast<std::uintptr_t>(
      static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#else
  return reinterpret_cast<std::uintptr_t>(context);
#endif
}

extern "C" void onTrap(int /*signal*/, siginfo_t* /*info*/, void* context) {
  const int saved_errno = errno;
  if (session.is_operating) {
    const Boundary boundary{session.outcome.boundaries++, instructionPointer(context)};
    session.outcome.last = boundary;
    if (boundary.address >= program_text.begin && boundary.address < program_text.end) {
      ++session.outcome.in_program;
    }
    if (session.observer != nullptr && session.selection->contains(boundary.number) &&
        !session.observer->atBoundary(boundary)) {
      session.observer = nullptr;
    }
  }
  errno = saved_errno;
}

// A crash of the observer's walk ends the walk; a crash of the operation ends the operation; any
// other is nobody's business here. The handlers run with the trap flag clear, so a jump out of them
// ends the stepping as well.
extern "C" void onCrash(int signal) {
  if (session.is_looking) siglongjmp(internal::look_escape, 1);
  if (session.is_operating) {
    session.outcome.crash_signal = signal;
    siglongjmp(internal::operation_escape, 1);
  }
  std::signal(signal, SIG_DFL);
  raise(signal);
}

// The program's own executable segment: the first object that the dynamic linker lists.
int findText(dl_phdr_info* info, std::size_t /*size*/, void* /*data*/) {
  for (const ElfW(Phdr)* header = info->dlpi_phdr; header != info->dlpi_phdr + info->dlpi_phnum;
       ++header) {
    if (header->p_type != PT_LOAD || (header->p_flags & PF_X) == 0) continue;
    program_text.begin = info->dlpi_addr + header->p_vaddr;
    program_text.end = program_text.begin + header->p_memsz;
  }
  return 1;
}

class CountOnly final : public BoundaryObserver {
 public:
  bool atBoundary(Boundary /*boundary*/) noexcept override { return true; }
};

}  // namespace

namespace internal {

void installHandlers() {
  static const bool kIsInstalled = [] {
    dl_iterate_phdr(&findText, nullptr);
    struct sigaction action = {};
    action.sa_sigaction = &onTrap;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGTRAP, &action, nullptr);
    action = {};
    action.sa_handler = &onCrash;
    // Blocked during the handler, but siglongjmp restores the mask.
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) sigaction(signal, &action, nullptr);
    return true;
  }();
  static_cast<void>(kIsInstalled);
}

void beginOperation(BoundaryObserver* observer, const Selection* selection) noexcept {
  session.observer = observer;
  session.selection = selection;
  session.outcome = {};
  session.is_operating = true;
}

StepOutcome endOperation() noexcept {
  session.is_operating = false;
  return session.outcome;
}

void beginLook() noexcept { session.is_looking = true; }
void endLook() noexcept { session.is_looking = false; }

}  // namespace internal

void abandonLook() noexcept { siglongjmp(internal::look_escape, 1); }

bool isSteppingSupported() {
  if (!kHasTrapFlag) return false;
#if defined(__x86_64__)
  CountOnly observer;
  const StepOutcome outcome = stepThrough(observer, Selection(), []() noexcept {
    asm volatile("nop; nop; nop; nop; nop; nop; nop; nop" ::: "memory");
  });
  return outcome.boundaries >= 8;
#else
  return false;
#endif
}

}  // namespace sigproof::stepping
