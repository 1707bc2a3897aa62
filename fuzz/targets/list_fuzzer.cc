// AtomicList, without an engine: random programs of list operations, on one thread.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/generate/list_program.h"
#include "fuzz/run/list/list_runner.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/input_mutator.h"
#include "fuzz/support/record/target_description.h"

SIGPROOF_FUZZ_MUTATES(sigproof::fuzz::ListProgram::inputLayout())

namespace sigproof::fuzz {

const TargetDescription kTargetDescription{
    .properties = {"L1", "L2", "L3", "L4", "L5", "L6"},
    .covered = "AtomicList against a reference, with handlers between its atomic steps",
    .cannot_see = "points inside an atomic step, other threads"};

int runInput(std::span<const std::uint8_t> input) {
  ByteSource source(input);
  ListRunner().run(makeListProgram(source));
  return 0;
}

}  // namespace sigproof::fuzz
