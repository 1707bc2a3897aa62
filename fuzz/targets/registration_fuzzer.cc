// SignalRegistry against a reference in 128-bit arithmetic, with every byte of every memory
// compared after each operation: R3, R4, R6, R7, R9, D1, D2, D4, D5, G2, G3 without an engine.
#include <cstddef>
#include <cstdint>

#include "fuzz/generate/registration_program.h"
#include "fuzz/run/registration/registration_runner.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/input_mutator.h"

SIGPROOF_FUZZ_MUTATES(sigproof::fuzz::RegistrationProgram::inputLayout())

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sigproof::fuzz::ByteSource source({data, size});
  const auto program = sigproof::fuzz::makeRegistrationProgram(source);
  sigproof::fuzz::RegistrationRunner(program).run();
  return 0;
}
