// Inputs for tests and benchmarks of the targets: as good as a fuzzer's first ones.
//
//   const std::vector<std::uint8_t> bytes = randomBytes(size, seed);
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace sigproof::fuzz {

inline std::vector<std::uint8_t> randomBytes(std::size_t size, std::uint32_t seed) {
  // Seeds that follow each other give unlike sequences, which a linear generator's would not be.
  std::mt19937 engine(seed);
  std::vector<std::uint8_t> bytes(size);
  std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(engine() & 0xFF); });
  return bytes;
}

}  // namespace sigproof::fuzz
