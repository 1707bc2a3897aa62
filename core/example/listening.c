/* A module that listens, in C. It works until its signal word says that its time is nearly spent,
 * then ends in good order.
 *
 *   clang --target=wasm32 -O2 -nostdlib -I FOLDER -Wl,--no-entry -Wl,--export=run \
 *     -Wl,--export=__signal_address -Wl,--export=__terminated_address -o listening.wasm listening.c
 *
 * FOLDER is the one that holds core/: of the repository, or include/sigproof of an installation.
 */
#include "core/include/sigproof_module.h"

SIGPROOF_DEFINE_WORDS

static int isPrime(uint32_t n) {
  for (uint32_t divisor = 2; divisor <= n / divisor; ++divisor) {
    if (n % divisor == 0) return 0;
  }
  return 1;
}

/* Returns how many primes it found in its time; -1 if this memory is not consistent. */
int32_t run(void) {
  int32_t primes = 0;
  if (sigproof_was_terminated()) return -1;
  for (uint32_t n = 2; !sigproof_is_warned(); ++n) primes += isPrime(n);
  return primes;
}
