// The processor's trap flag: while it is set, x86-64 raises SIGTRAP after every instruction of the
// thread.
//
//   trapOn();
//   list.pushFront(1);      // SIGTRAP after each instruction of it
//   trapOff();
//
// Both touch the stack below the stack pointer, so a file that uses them is built with
// -mno-red-zone. They are inlined so that no call of theirs stands among the instructions looked
// at; what remains of them at the end (three instructions) is stepped too and harmless.
#pragma once

namespace sigproof::stepping {

#if defined(__x86_64__) && defined(__linux__)
inline constexpr bool kHasTrapFlag = true;
[[gnu::always_inline]] inline void trapOn() noexcept {
  asm volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
}
[[gnu::always_inline]] inline void trapOff() noexcept {
  asm volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
}
#else
// No processor that we know but x86-64 lets a program set such a flag for itself.
inline constexpr bool kHasTrapFlag = false;
inline void trapOn() noexcept {}
inline void trapOff() noexcept {}
#endif

}  // namespace sigproof::stepping
