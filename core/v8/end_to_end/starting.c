/* Loops in its start function, so its instance is never complete. */
#include "core/include/sigproof_module.h"

SIGPROOF_DEFINE_WORDS

static volatile uint32_t steps;

void start(void) {
  for (;;) ++steps;
}
