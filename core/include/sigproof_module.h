/* For WebAssembly modules in C and C++: listen to the runtime's CPU limit.
 *
 *   SIGPROOF_DEFINE_WORDS                        // in one file of the module, outside of functions
 *
 *   while (work_is_left()) {
 *     if (sigproof_is_warned()) return save_and_stop();
 *     do_some_work();
 *   }
 *
 *   clang --target=wasm32 ... -Wl,--export=__signal_address -Wl,--export=__terminated_address
 *
 * The two words are variables of the module. To export a variable is to export a global that holds
 * its address, and that is the whole protocol: nothing is called, nothing is imported.
 *
 * The signal word is 0, and SIGPROOF_SIGNAL while the CPU time is nearly spent. The terminated word
 * is 0. The runtime writes 1 there after it stopped the program in the middle of something: a
 * memory that outlives that is in no order that its program knows of, so initialise it again before
 * use. A module that has ended may write any value but 0 there itself. Either way the words are
 * dead from then on: they listen again only through a new instance, made when the word is 0 again.
 */
#ifndef SIGPROOF_MODULE_H
#define SIGPROOF_MODULE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The names are the protocol's, which is why they look like a compiler's own. */
extern volatile uint32_t __signal_address;     /* the signal word itself, in spite of its name */
extern volatile uint32_t __terminated_address; /* the terminated word itself */

/* The runtime writes this to the signal word: the number of SIGXCPU. */
#define SIGPROOF_SIGNAL 24u

/* Defines the two words, side by side and aligned. */
#define SIGPROOF_DEFINE_WORDS             \
  volatile uint32_t __signal_address = 0; \
  volatile uint32_t __terminated_address = 0;

/* Returns whether the CPU time is nearly spent. Costs a load and a comparison. */
static inline int sigproof_is_warned(void) { return __signal_address == SIGPROOF_SIGNAL; }

/* Returns whether this memory belonged to a program that was stopped. */
static inline int sigproof_was_terminated(void) { return __terminated_address != 0; }

/* Call this in a memory that is used again, before a new instance is made, so that the instance
 * listens. */
static inline void sigproof_revive(void) { __terminated_address = 0; }

/* Call this when the program has ended in good order and listens no more. */
static inline void sigproof_stop_listening(void) { __terminated_address = 1; }

#ifdef __cplusplus
}
#endif

#endif /* SIGPROOF_MODULE_H */
