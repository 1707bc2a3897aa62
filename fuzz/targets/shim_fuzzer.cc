// The shim in V8: modules made by Binaryen, instantiated in every way. Takes plain inputs and files
// of fuzz/generate/stored_input.h.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

#include "fuzz/generate/stored_input.h"
#include "fuzz/run/shim/shim_runner.h"
#include "fuzz/support/input_mutator.h"
#include "fuzz/support/record/target_description.h"

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

namespace sigproof::fuzz {

const TargetDescription kTargetDescription{
    .properties = {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "D1", "D2", "D3",
                   "G2", "T2", "T6"},
    .covered =
        "made modules instantiated in all ways in V8, judged by an oracle that knows what was "
        "generated",
    .cannot_see = "modules that the generator never makes, other threads, other versions of V8",
    .engine = kV8OfLibnode};

int runInput(std::span<const std::uint8_t> input) {
  try {
    const ShimInput shim_input = readInput(input);
    ShimRunner(shim_input).run();
    return 0;
  } catch (const UnreadableInput& error) {
    std::fprintf(stderr, "fuzz-shim: the input can't be used: %s\n", error.what());
    return -1;
  }
}

}  // namespace sigproof::fuzz

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
