// The life of isolates, on several threads and under real POSIX signals.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/generate/lifecycle_program.h"
#include "fuzz/run/lifecycle/lifecycle_runner.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/record/target_description.h"

namespace sigproof::fuzz {

const TargetDescription kTargetDescription{
    .properties = {"D1", "D2", "D6", "G1", "G3", "G4"},
    .covered =
        "isolates of V8 that are made, left, moved between threads, limited, killed and "
        "disposed of, under real signals, timers and a watchdog",
    .cannot_see = "interleavings that this machine's scheduler never makes, hostile programs",
    .engine = kV8OfLibnode};

int runInput(std::span<const std::uint8_t> input) {
  ByteSource source(input);
  const auto program = makeLifecycleProgram(source);
  LifecycleRunner(program).run();
  return 0;
}

}  // namespace sigproof::fuzz
