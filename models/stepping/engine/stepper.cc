#include "models/stepping/engine/stepper.h"

#include <link.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csetjmp>
#include <csignal>

#include "models/stepping/engine/tracer.h"

namespace sigproof::stepping {

bool Selection::contains(std::size_t boundary) const noexcept {
  return isAll() ||
         std::find(boundaries_.begin(), boundaries_.end(), boundary) != boundaries_.end();
}

namespace {

// A call that a handler may have to leave: an operation, stepped or not, or a look. Frames nest: a
// look at a boundary of an operation may itself be stepped, with a look at one of its boundaries.
struct Frame {
  bool is_look = false;
  BoundaryObserver* observer = nullptr;  // null once it asks for no further calls
  const Selection* selection = nullptr;
  StepOutcome outcome = {};
  sigjmp_buf escape{};
  Frame* outer = nullptr;
};

struct TextRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): a handler has no other way in.
thread_local Frame* innermost = nullptr;
TextRange program_text;
std::array<std::uint32_t, 1U << 16U> in_program;
std::size_t in_program_count = 0;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

std::uintptr_t instructionPointer(const void* context) noexcept {
#if defined(__x86_64__) && defined(__linux__)
  return static_cast<std::uintptr_t>(
      static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__) && defined(__linux__)
  return static_cast<const ucontext_t*>(context)->uc_mcontext.pc;
#else
  return reinterpret_cast<std::uintptr_t>(context);
#endif
}

void noteInProgram(Frame& frame, Boundary boundary) noexcept {
  if (boundary.address < program_text.begin || boundary.address >= program_text.end) return;
  ++frame.outcome.in_program;
  if (frame.outer != nullptr || in_program_count == in_program.size()) return;
  in_program[in_program_count++] = static_cast<std::uint32_t>(boundary.number);
}

extern "C" void onTrap(int /*signal*/, siginfo_t* /*info*/, void* context) {
  // The kernel clears the trap flag for a handler and restores it afterwards. It does neither with
  // the mark flag that stands in for the trap flag.
  const bool is_marked = internal::isMarked();
  trapOff();
  const int saved_errno = errno;
  Frame* frame = innermost;
  if (frame != nullptr && !frame->is_look) {
    const Boundary boundary{frame->outcome.boundaries++, instructionPointer(context), {}};
    frame->outcome.last = boundary;
    noteInProgram(*frame, boundary);
    if (frame->observer != nullptr && frame->selection->contains(boundary.number) &&
        !frame->observer->atBoundary(boundary)) {
      frame->observer = nullptr;
    }
  }
  errno = saved_errno;
  if (is_marked) trapOn();  // the tracer steps again when the handler has returned
}

// A crash in the observer's walk ends the walk, and one in the operation ends the operation. Any
// other crash has its default action. These handlers run with the trap flag clear, so a jump out of
// them ends the stepping as well.
extern "C" void onCrash(int signal) {
  trapOff();
  if (Frame* frame = innermost) {
    frame->outcome.crash_signal = signal;
    siglongjmp(frame->escape, 1);
  }
  std::signal(signal, SIG_DFL);
  raise(signal);
}

// Finds the program's own executable segment: the dynamic linker lists the program first.
int findText(dl_phdr_info* info, std::size_t /*size*/, void* /*data*/) {
  for (const ElfW(Phdr)* header = info->dlpi_phdr; header != info->dlpi_phdr + info->dlpi_phnum;
       ++header) {
    if (header->p_type != PT_LOAD || (header->p_flags & PF_X) == 0) continue;
    program_text.begin = info->dlpi_addr + header->p_vaddr;
    program_text.end = program_text.begin + header->p_memsz;
  }
  return 1;
}

void installHandlers() {
  static const bool kIsInstalled = [] {
    dl_iterate_phdr(&findText, nullptr);
    struct sigaction action = {};
    action.sa_sigaction = &onTrap;
    // Not blocked while it runs, because a handler may be stepped as well.
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGTRAP, &action, nullptr);
    action = {};
    action.sa_handler = &onCrash;
    // No handler changes the mask, so a jump out of one need not restore it. That saves two system
    // calls at every boundary.
    action.sa_flags = SA_NODEFER;
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) sigaction(signal, &action, nullptr);
    return true;
  }();
  static_cast<void>(kIsInstalled);
}

enum class SteppedPart : std::uint8_t { kNone, kWhole, kWindows };

// Not inlined, so that its caller keeps nothing in a register that a jump would lose.
[[gnu::noinline]] void runIn(Frame& frame, SteppedPart part, Operation operation) noexcept {
  // NOLINTNEXTLINE(cert-err52-cpp): the only way out of a handler of SIGSEGV.
  if (sigsetjmp(frame.escape, 0) == 0) {
    if (part != SteppedPart::kNone) internal::tellTracer(internal::TracerMessage::kStepsBegin);
    if (part == SteppedPart::kWhole) {
      trapOn();
      operation();
      trapOff();
    } else {
      operation();
    }
  } else {
    trapOff();
  }
  if (part != SteppedPart::kNone) internal::tellTracer(internal::TracerMessage::kStepsEnd);
}

StepOutcome run(Frame& frame, SteppedPart part, Operation operation) noexcept {
  frame.outer = innermost;
  if (frame.outer == nullptr && part != SteppedPart::kNone) in_program_count = 0;
  innermost = &frame;
  runIn(frame, part, operation);
  innermost = frame.outer;
  return frame.outcome;
}

class CountOnly final : public BoundaryObserver {
 public:
  bool atBoundary(Boundary /*boundary*/) noexcept override { return true; }
};

}  // namespace

StepOutcome stepThrough(BoundaryObserver& observer, const Selection& selection,
                        Operation operation) {
  installHandlers();
  Frame frame{.observer = &observer, .selection = &selection};
  return run(frame, SteppedPart::kWhole, operation);
}

StepOutcome stepWindows(BoundaryObserver& observer, const Selection& selection,
                        Operation operation) {
  installHandlers();
  Frame frame{.observer = &observer, .selection = &selection};
  return run(frame, SteppedPart::kWindows, operation);
}

std::span<const std::uint32_t> boundariesInProgram() noexcept {
  return {in_program.data(), in_program_count};
}

int runGuarded(Operation operation) {
  installHandlers();
  Frame frame;
  return run(frame, SteppedPart::kNone, operation).crash_signal;
}

bool guardedLook(Operation look) noexcept {
  installHandlers();
  Frame frame{.is_look = true};
  return run(frame, SteppedPart::kNone, look).crash_signal == 0;
}

void abandonLook() noexcept {
  trapOff();  // the code that was left may have been stepped
  Frame* frame = innermost;
  while (!frame->is_look) {
    internal::tellTracer(internal::TracerMessage::kStepsEnd);
    frame = frame->outer;
  }
  frame->outcome.crash_signal = SIGABRT;
  siglongjmp(frame->escape, 1);
}

bool isSteppingSupported() {
  if (internal::flag_to_set == internal::kTrapFlag && !kHasTrapFlag) return false;
  CountOnly observer;
  const StepOutcome outcome = stepThrough(observer, Selection(), []() noexcept {
    asm volatile("nop; nop; nop; nop; nop; nop; nop; nop" ::: "memory");
  });
  return outcome.boundaries >= 8;
}

}  // namespace sigproof::stepping
