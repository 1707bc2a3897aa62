// What the sanitizers are told when a fuzz program starts. The environment (ASAN_OPTIONS, ...)
// wins.
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>

// LeakSanitizer can't see the pointers that V8 keeps in its own pages. Only V8's frames are
// excused; a leak of ours is one still.
const char* __lsan_default_suppressions() { return "leak:v8::internal::\n"; }

// libFuzzer looks for leaks often, and each look would list the suppressions that it used.
const char* __lsan_default_options() { return "print_suppressions=0"; }

// What is freed stays out of use until this much more was freed: several runs' worth. The default
// of 256 MB takes new pages from the system all the time, which costs half of the speed.
//
// A few frames of an allocation are enough to name it, and walking the stack for thirty costs more
// than the allocation. A fake stack for each call costs a fifth of the speed. So only the programs
// that run without libFuzzer have both; the replay-* programs are given every input that is kept.
//
// V8 maps memory at another address each time, and AddressSanitizer writes zeros to its own memory
// for each. From this size on (default 64 KiB) it takes new pages instead, which cost nothing until
// they are used: else 50 isolates a second fill two gigabytes in 40 s.
#ifdef SIGPROOF_IS_FUZZER
const char* __asan_default_options() {
  return "quarantine_size_mb=1:malloc_context_size=2:detect_stack_use_after_return=0:"
         "max_malloc_fill_size=64:clear_shadow_mmap_threshold=16384";
}
#else
const char* __asan_default_options() {
  return "quarantine_size_mb=16:clear_shadow_mmap_threshold=16384";
}
#endif
