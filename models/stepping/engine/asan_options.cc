// AddressSanitizer's options in a stepping program. A report doesn't end the program, the stepper
// handles crashes, and nothing is symbolized or printed inside a handler. Only in the sanitized
// program.

// NOLINTNEXTLINE(bugprone-reserved-identifier): the name is the sanitizer's.
extern "C" const char* __asan_default_options() {
  return "halt_on_error=0:suppress_equal_pcs=0:symbolize=0:handle_segv=0:handle_sigbus=0:"
         "handle_abort=0:detect_leaks=0:detect_stack_use_after_return=0";
}
