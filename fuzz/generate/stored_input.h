// Inputs of fuzz-shim as files that outlive a change of the generator: the module itself, and in a
// custom section at its end the plan that it was written from, which the oracle judges by, and the
// bytes that the plan was made of, which are mutated.
//
//   writeFile(path, toStored(makeInput(bytes)));
//   const ShimInput input = readInput(file);         // a stored one, or bytes for the generator
//
// Any tool for WebAssembly reads such a file as the module that it is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/generate/shim_program.h"

namespace sigproof::fuzz {

/// A file that is a stored input by its looks, and can't be used. what() is one sentence that says
/// why and what to do.
class UnreadableInput : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ShimInput {
  ShimProgram program;
  std::vector<std::uint8_t> module;  ///< before a fault broke it
  std::vector<std::uint8_t> bytes;   ///< what the generator made the program of
};

/// Raised when the plan's structure changes so that an older file means something else.
inline constexpr std::uint8_t kStoredInputVersion = 1;

/// What the generator makes of `bytes` today.
ShimInput makeInput(std::span<const std::uint8_t> bytes);

std::vector<std::uint8_t> toStored(const ShimInput& input);

/// Whether it begins as a WebAssembly module does, which no other input does.
bool isStored(std::span<const std::uint8_t> file);

/// Throws UnreadableInput unless `file` is a whole stored input of this version whose plan is
/// sound.
ShimInput fromStored(std::span<const std::uint8_t> file);

/// fromStored() or makeInput().
ShimInput readInput(std::span<const std::uint8_t> file);

}  // namespace sigproof::fuzz
