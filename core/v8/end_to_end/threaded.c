/* One of several instances on a shared memory, each on a thread of its own. All of them share one
 * pair of words, as threads of one C program do. */
#include "core/include/sigproof_module.h"

SIGPROOF_DEFINE_WORDS

static uint32_t started, stopped;

/* Works until it is warned. Returns how many instances have stopped before it. */
uint32_t run(void) {
  __atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST);
  while (!sigproof_is_warned()) {
  }
  return __atomic_fetch_add(&stopped, 1, __ATOMIC_SEQ_CST);
}

uint32_t how_many_started(void) { return __atomic_load_n(&started, __ATOMIC_SEQ_CST); }
uint32_t how_many_stopped(void) { return __atomic_load_n(&stopped, __ATOMIC_SEQ_CST); }
