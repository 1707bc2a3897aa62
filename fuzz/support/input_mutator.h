// libFuzzer's custom mutator and crossover for a target whose inputs have an InputLayout.
//
//   SIGPROOF_FUZZ_MUTATES(kLayout)      // once, at namespace scope of the target
#pragma once

#include <cstddef>
#include <cstdint>

#include "fuzz/support/input_layout.h"

// libFuzzer's, which has no header. Weak, because the replay-* programs have none.
// NOLINTNEXTLINE(readability-identifier-naming,readability-redundant-declaration): its name
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size)
    __attribute__((weak));

// NOLINTBEGIN(cppcoreguidelines-macro-usage): functions with names that libFuzzer looks for
#define SIGPROOF_FUZZ_MUTATES(layout)                                                            \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,           \
                                                 std::size_t max_size, unsigned seed) {          \
    return sigproof::fuzz::mutateInput(layout, {data, max_size}, size, seed, &LLVMFuzzerMutate); \
  }                                                                                              \
  extern "C" std::size_t LLVMFuzzerCustomCrossOver(                                              \
      const std::uint8_t* first, std::size_t first_size, const std::uint8_t* second,             \
      std::size_t second_size, std::uint8_t* out, std::size_t max_size, unsigned seed) {         \
    return sigproof::fuzz::crossInputs(layout, {first, first_size}, {second, second_size},       \
                                       {out, max_size}, seed);                                   \
  }
// NOLINTEND(cppcoreguidelines-macro-usage)
