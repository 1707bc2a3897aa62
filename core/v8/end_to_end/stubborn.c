/* Declares its words and never looks at them. */
#include "core/include/sigproof_module.h"

SIGPROOF_DEFINE_WORDS

static volatile uint32_t steps;

void run(void) {
  for (;;) ++steps;
}
