// The shim in V8, with modules made by Binaryen and instantiated in every way, against an oracle
// that knows what was generated: R1-R9, D1-D3, G2, T2 and T6 as far as results show them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "fuzz/generate/stored_input.h"
#include "fuzz/run/shim/shim_runner.h"
#include "fuzz/support/input_mutator.h"

namespace {

using sigproof::fuzz::ShimInput;

// What a stored input was made of; `data` itself where it is none.
std::vector<std::uint8_t> bytesOfInput(const std::uint8_t* data, std::size_t size) {
  try {
    if (sigproof::fuzz::isStored({data, size})) {
      return sigproof::fuzz::fromStored({data, size}).bytes;
    }
  } catch (const sigproof::fuzz::UnreadableInput&) {
    return {};  // running it has said why
  }
  return {data, data + size};
}

}  // namespace

// Takes files of fuzz/generate/stored_input.h, too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const ShimInput input = sigproof::fuzz::readInput({data, size});
    sigproof::fuzz::ShimRunner(input).run();
    return 0;
  } catch (const sigproof::fuzz::UnreadableInput& error) {
    std::fprintf(stderr, "fuzz-shim: the input can't be used: %s\n", error.what());
    return -1;
  }
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  const std::vector<std::uint8_t> bytes = bytesOfInput(data, size);
  const std::size_t count = std::min(bytes.size(), max_size);
  std::copy_n(bytes.begin(), count, data);
  return sigproof::fuzz::mutateInput(sigproof::fuzz::ShimProgram::inputLayout(), {data, max_size},
                                     count, seed, &LLVMFuzzerMutate);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                                 const std::uint8_t* second,
                                                 std::size_t second_size, std::uint8_t* out,
                                                 std::size_t max_size, unsigned seed) {
  return sigproof::fuzz::crossInputs(sigproof::fuzz::ShimProgram::inputLayout(),
                                     bytesOfInput(first, first_size),
                                     bytesOfInput(second, second_size), {out, max_size}, seed);
}
