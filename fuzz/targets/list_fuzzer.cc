// AtomicList against a reference, with handlers that strike between its steps: L1-L6 on one thread.
#include <cstddef>
#include <cstdint>

#include "fuzz/generate/byte_source.h"
#include "fuzz/generate/list_program.h"
#include "fuzz/targets/input_mutator.h"
#include "fuzz/targets/list_runner.h"

SIGPROOF_FUZZ_MUTATES(sigproof::fuzz::ListProgram::inputLayout())

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sigproof::fuzz::ByteSource source({data, size});
  sigproof::fuzz::ListRunner().run(sigproof::fuzz::makeListProgram(source));
  return 0;
}
