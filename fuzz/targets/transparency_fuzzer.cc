// The same program in a context with core and in one without. Every observable is compared: values,
// errors with their messages and stacks, descriptors of all that is reachable from `WebAssembly`,
// order and ticks of settlement, reads of import objects, unhandled rejections, every byte of
// memory. The input says whether modules are compiled at once or in the background.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/run/transparency/script_runner.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/record/target_description.h"

namespace sigproof::fuzz {

const TargetDescription kTargetDescription{
    .properties = {"T1", "T2", "T3", "T4", "T6", "T9", "R6", "R7"},
    .covered =
        "JavaScript programs with core and without, compiled at once and in the background: "
        "everything they can observe compared",
    .cannot_see =
        "threads' real timing, streams, programs that end in the middle, stacks near their "
        "limit, other versions of V8",
    .engine = kV8OfLibnode};

int runInput(std::span<const std::uint8_t> input) {
  ByteSource source(input);
  runInBothWorlds(makeTransparencyProgram(source));
  return 0;
}

}  // namespace sigproof::fuzz
