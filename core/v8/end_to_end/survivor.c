/* Its memory is shared and imported, so it outlives the kill, and a new instance does not write the
 * initial values again (wasm-ld does that once a memory). The two halves of the pair are equal
 * outside of work(); a program must never see them differ. */
#include "core/include/sigproof_module.h"

SIGPROOF_DEFINE_WORDS

static volatile uint32_t first, second, steps;

/* A runtime calls this on each new instance. It makes the memory consistent again if the program
 * before was stopped at a random place. Returns the terminated word as it found it. */
uint32_t initialise(void) {
  const uint32_t found = __terminated_address;
  if (sigproof_was_terminated()) {
    first = second = 0;
    sigproof_revive();
  }
  return found;
}

/* The runtime stops this between its two writes. */
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
