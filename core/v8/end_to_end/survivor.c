/* Its memory is shared and imported, so it outlives the kill, and a new instance does not write the
 * initial values again (wasm-ld has that done once a memory). What must not be seen half done is a
 * pair that is equal outside of work(). */
#include "core/include/sigproof_module.h"

SIGPROOF_DEFINE_WORDS

static volatile uint32_t first, second, steps;

/* What a runtime calls on each new instance: puts the memory in order if the program before was
 * stopped in the middle of something. Returns the terminated word as it found it. */
uint32_t initialise(void) {
  const uint32_t found = __terminated_address;
  if (sigproof_was_terminated()) {
    first = second = 0;
    sigproof_revive();
  }
  return found;
}

/* Is stopped in the middle of something. */
void work(void) {
  ++first;
  for (;;) ++steps;
  ++second;
}

/* Ends when it is warned. */
uint32_t work_politely(void) {
  ++first;
  while (!sigproof_is_warned()) ++steps;
  ++second;
  return __signal_address;
}

uint32_t is_in_order(void) { return first == second; }
