/* Polls its word and shuts down in good order before the hard limit. */
#include "core/include/sigproof_module.h"

SIGPROOF_DEFINE_WORDS

static volatile uint32_t steps;
static uint32_t is_saved;

/* Works until it is warned, saves, and returns what it read in the signal word. */
uint32_t run(void) {
  is_saved = 0;
  while (!sigproof_is_warned()) ++steps;
  is_saved = 1;
  return __signal_address;
}

uint32_t saved(void) { return is_saved; }

/* Ends for good: from now on it gets no signal. */
void stop(void) { sigproof_stop_listening(); }
