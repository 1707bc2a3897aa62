// Bytes that are, were or look like a module, given to `WebAssembly` with core and without. Both
// must show the same error or the same success, and core's inspector must agree with the engine on
// what it accepted.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "fuzz/generate/raw_bytes/mutated_module.h"
#include "fuzz/run/transparency/raw_bytes_runner.h"
#include "fuzz/support/record/target_description.h"

// libFuzzer's, which has no header. Weak, because replay-raw_bytes has none.
// NOLINTNEXTLINE(readability-identifier-naming,readability-redundant-declaration): its name
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size)
    __attribute__((weak));

namespace {

void mutateByLibFuzzer(std::vector<std::uint8_t>& bytes, std::size_t max_size) {
  const std::size_t size = bytes.size();
  bytes.resize(max_size < size ? size : max_size);
  bytes.resize(LLVMFuzzerMutate(bytes.data(), size, bytes.size()));
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  const std::vector<std::uint8_t> mutant =
      sigproof::fuzz::mutateModule({data, size}, max_size, seed, &mutateByLibFuzzer);
  if (!mutant.empty()) std::memcpy(data, mutant.data(), mutant.size());
  return mutant.size();
}

namespace sigproof::fuzz {

const TargetDescription kTargetDescription{
    .properties = {"R1", "R5", "R7", "T4"},
    .covered =
        "mutated and truncated modules with core and without, and core's inspector against the "
        "engine's lists of imports and exports",
    .cannot_see =
        "instances of modules with a start section, 64-bit memories, formats newer than "
        "V8 10.2",
    .engine = kV8OfLibnode};

int runInput(std::span<const std::uint8_t> input) {
  // The input decides whether to compile in the background. It has no byte to spare for that, since
  // all are the module's, so their sum decides.
  unsigned sum = 0;
  for (const std::uint8_t byte : input) sum += byte;
  runRawBytes(input, sum % 2 != 0);
  return 0;
}

}  // namespace sigproof::fuzz
