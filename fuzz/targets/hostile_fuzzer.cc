// The same program in a context with core and in one without. It patches built-ins and getters,
// nests, freezes and pretends; we also check that core registers what the modules' structure asks
// for.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/run/transparency/script_runner.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/record/target_description.h"

namespace sigproof::fuzz {

const TargetDescription kTargetDescription{
    .properties = {"T5", "T9", "R1", "R5", "R6", "R7", "R10", "D1"},
    .covered =
        "programs that patch built-ins, getters and prototypes around instantiations: they see "
        "the same as without core, and what listens is registered all the same",
    .cannot_see =
        "patches that the grammar doesn't know, programs that end in the middle, stacks near "
        "their limit, other versions of V8",
    .engine = kV8OfLibnode};

int runInput(std::span<const std::uint8_t> input) {
  ByteSource source(input);
  runInBothWorlds(makeHostileProgram(source));
  return 0;
}

}  // namespace sigproof::fuzz
