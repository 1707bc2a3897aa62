// The shim in V8, with modules made by Binaryen and instantiated in every way, against an oracle
// that knows what was generated: R1-R9, D1-D3, G2, T2 and T6 as far as results show them.
#include <cstddef>
#include <cstdint>

#include "fuzz/generate/byte_source.h"
#include "fuzz/generate/shim_program.h"
#include "fuzz/targets/shim_runner.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sigproof::fuzz::ByteSource source({data, size});
  const auto program = sigproof::fuzz::makeShimProgram(source);
  sigproof::fuzz::ShimRunner(program).run();
  return 0;
}
