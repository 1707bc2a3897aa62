// Isolates that are made, left, moved between threads, limited, killed and disposed of, under real
// POSIX signals, timers and a watchdog: D1, D2, D6, G1, G3, G4.
#include <cstddef>
#include <cstdint>

#include "fuzz/generate/lifecycle_program.h"
#include "fuzz/run/lifecycle/lifecycle_runner.h"
#include "fuzz/support/byte_source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sigproof::fuzz::ByteSource source({data, size});
  const auto program = sigproof::fuzz::makeLifecycleProgram(source);
  sigproof::fuzz::LifecycleRunner(program).run();
  return 0;
}
