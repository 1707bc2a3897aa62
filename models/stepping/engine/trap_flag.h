// The processor's trap flag: while it is set, x86-64 raises SIGTRAP after every instruction of the
// thread.
//
//   trapOn();
//   list.pushFront(1);      // SIGTRAP after each instruction of it
//   trapOff();
//
// Where that flag doesn't work and a parent steps the program instead (tracer.h), the same two
// functions mark the instructions to be stepped with another flag. The processor keeps that flag
// and ignores it.
//
// Both touch the stack below the stack pointer, so a file that uses them is built with
// -mno-red-zone. They are inlined, so that no call of them is among the stepped instructions. Three
// instructions of trapOff() remain; they are stepped, which does no harm.
#pragma once

#include <cstdint>

namespace sigproof::stepping {

/// What raises SIGTRAP after an instruction.
enum class StepMethod : std::uint8_t {
  kTrapFlag,  ///< the processor
  kTracer,    ///< a parent process with PTRACE_SINGLESTEP
};

namespace internal {
inline constexpr std::uint64_t kTrapFlag = 0x100;
/// The processor's "identification" flag.
inline constexpr std::uint64_t kMarkFlag = 0x200000;
/// The flag that trapOn() sets.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): the process has one method.
inline std::uint64_t flag_to_set = kTrapFlag;
}  // namespace internal

#if defined(__x86_64__) && defined(__linux__)
inline constexpr bool kHasTrapFlag = true;
// A traced program may find the trap flag set in what it pushes; it is never the program's own.
[[gnu::always_inline]] inline void trapOn() noexcept {
  asm volatile("pushfq; andq $~0x200100, (%%rsp); orq %0, (%%rsp); popfq"
               :
               : "r"(internal::flag_to_set)
               : "memory", "cc");
}
[[gnu::always_inline]] inline void trapOff() noexcept {
  asm volatile("pushfq; andq $~0x200100, (%%rsp); popfq" ::: "memory", "cc");
}
namespace internal {
[[gnu::always_inline]] inline bool isMarked() noexcept {
  std::uint64_t flags = 0;
  asm volatile("pushfq; popq %0" : "=r"(flags)::"memory");
  return (flags & kMarkFlag) != 0;
}
}  // namespace internal
#else
// We know no other processor than x86-64 that lets a program set such a flag for itself.
inline constexpr bool kHasTrapFlag = false;
inline void trapOn() noexcept {}
inline void trapOff() noexcept {}
namespace internal {
inline bool isMarked() noexcept { return false; }
}  // namespace internal
#endif

}  // namespace sigproof::stepping
