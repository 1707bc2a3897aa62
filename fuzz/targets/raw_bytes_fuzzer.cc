// Bytes that are, were or look like a module, given to `WebAssembly` with core and without: the
// same error or the same success (T4, R7), and core's inspector agrees with the engine on what it
// accepted (R1, R5) and is safe on what it refused. The sum of the bytes says how the module is
// compiled.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "fuzz/generate/raw_bytes/mutated_module.h"
#include "fuzz/run/transparency/raw_bytes_runner.h"

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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Whether to compile in the background must be the input's to say, but a module's bytes are all
  // its own: their sum decides.
  unsigned sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += data[i];
  sigproof::fuzz::runRawBytes({data, size}, sum % 2 != 0);
  return 0;
}
