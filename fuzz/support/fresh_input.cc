// libFuzzer's custom mutator for targets whose inputs are programs: from time to time a whole new
// one. What libFuzzer makes of nothing are bytes that repeat, and such programs say the same again
// and again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>

// libFuzzer's, which has no header.
// NOLINTNEXTLINE(readability-identifier-naming,readability-redundant-declaration): its name
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size)
    __attribute__((weak));

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  constexpr std::uint32_t kFreshOnceIn = 4;
  constexpr std::size_t kShortestFresh = 16;
  // As much as programs of several calls take.
  constexpr std::size_t kLongestFresh = 320;
  std::mt19937 random(seed);
  if (random() % kFreshOnceIn != 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::size_t fresh =
      std::min<std::size_t>(max_size, kShortestFresh + random() % (kLongestFresh - kShortestFresh));
  std::generate_n(data, fresh, [&] { return static_cast<std::uint8_t>(random() & 0xFF); });
  return fresh;
}
