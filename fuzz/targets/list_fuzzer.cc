// AtomicList against a reference, with handlers that strike between its steps: L1-L6 on one thread.
#include <cstddef>
#include <cstdint>

#include "fuzz/generate/list_program.h"
#include "fuzz/run/list/list_runner.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/input_mutator.h"

SIGPROOF_FUZZ_MUTATES(sigproof::fuzz::ListProgram::inputLayout())

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sigproof::fuzz::ByteSource source({data, size});
  sigproof::fuzz::ListRunner().run(sigproof::fuzz::makeListProgram(source));
  return 0;
}
