// The same program in a context with core and in one without, every observable compared: values,
// errors with their messages and stacks, descriptors of all that is reachable from `WebAssembly`,
// order and ticks of settlement, reads of import objects, unhandled rejections, every byte of
// memory: T1-T4, T6, T9. Compiled at once or in the background, as the input says.
#include <cstddef>
#include <cstdint>

#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/run/transparency/script_runner.h"
#include "fuzz/support/byte_source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sigproof::fuzz::ByteSource source({data, size});
  sigproof::fuzz::runInBothWorlds(sigproof::fuzz::makeTransparencyProgram(source));
  return 0;
}
