/* A module that listens, in C: it works until it is told that its time is nearly spent, then leaves in
 * good order.
 *
 *   clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--export=run \
 *     -Wl,--export=__signal_address -Wl,--export=__terminated_address -o listening.wasm listening.c
 *
 * The linker makes an exported variable a global that holds its address: that is the whole protocol.
 * `volatile`, because nothing in this program writes the words.
 */
#include <stdint.h>

volatile uint32_t __signal_address;     /* 24 (SIGXCPU): near the limit; 0 again: renewed */
volatile uint32_t __terminated_address; /* 1: the isolate was killed, this memory is not whole */

static int isPrime(uint32_t n) {
  for (uint32_t divisor = 2; divisor <= n / divisor; ++divisor) {
    if (n % divisor == 0) return 0;
  }
  return 1;
}

/* Returns how many primes it found in the time that it had; -1 if this memory is not whole. */
int32_t run(void) {
  int32_t primes = 0;
  if (__terminated_address != 0) return -1;
  for (uint32_t n = 2; __signal_address == 0; ++n) primes += isPrime(n);
  return primes;
}
