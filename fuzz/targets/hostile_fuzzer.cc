// Programs that patch built-ins and getters, nest, freeze and pretend, with core and without: they
// see the same (T5, T9), and what their modules' structure asks for is registered all the same
// (R5-R7, R10).
#include <cstddef>
#include <cstdint>

#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/run/transparency/script_runner.h"
#include "fuzz/support/byte_source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sigproof::fuzz::ByteSource source({data, size});
  sigproof::fuzz::runInBothWorlds(sigproof::fuzz::makeHostileProgram(source));
  return 0;
}
