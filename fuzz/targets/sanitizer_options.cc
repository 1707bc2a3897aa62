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
const char* __asan_default_options() { return "quarantine_size_mb=16"; }
