// SignalRegistry, without an engine. The reference computes in 128 bits, so that no address of it
// can overflow.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/generate/registration_program.h"
#include "fuzz/run/registration/registration_runner.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/input_mutator.h"
#include "fuzz/support/record/target_description.h"

SIGPROOF_FUZZ_MUTATES(sigproof::fuzz::RegistrationProgram::inputLayout())

namespace sigproof::fuzz {

const TargetDescription kTargetDescription{
    .properties = {"R3", "R4", "R6", "R7", "R9", "D1", "D2", "D4", "D5", "G2", "G3"},
    .covered =
        "SignalRegistry against a reference in wide arithmetic, every byte of every memory "
        "compared after each operation",
    .cannot_see = "the engine, points inside an atomic step, other threads"};

int runInput(std::span<const std::uint8_t> input) {
  ByteSource source(input);
  const auto program = makeRegistrationProgram(source);
  RegistrationRunner(program).run();
  return 0;
}

}  // namespace sigproof::fuzz
