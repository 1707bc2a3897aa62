// Modules that count their instances without core: their start function ends by counting in an
// imported global and in the memory. So the witness oracle knows what must have been registered,
// however the program hides its instances. (We import a global and no function, because the engine
// compiles code for each imported function with its slowest compiler.)
//
//   const std::vector<std::uint8_t> bytes = writeWitnessModule(plan);
//   const bool is_registered = isRegistered(plan);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/support/byte_source.h"

namespace sigproof::fuzz {

/// Where memory 0 is.
enum class WitnessMemory : std::uint8_t { kExported, kImported, kImportedAndExported, kHidden };

/// What the module exports under the protocol's names.
enum class WitnessExports : std::uint8_t {
  kBothWords,
  kNothing,
  kFloats,     ///< globals of another type
  kFunctions,  ///< no globals
  kSignalOnly,
  kOverlapping,  ///< words that share bytes
  kOutOfBounds,
};

struct WitnessPlan {
  static constexpr std::uint32_t kMaxModules = 4;
  static constexpr std::uint32_t kPages = 1;

  std::uint32_t number = 0;  ///< below kMaxModules
  WitnessMemory memory = WitnessMemory::kExported;
  WitnessExports exports = WitnessExports::kBothWords;
  std::string memory_name = "memory";  ///< where it is exported
  bool is_unaligned = false;
  /// Whether the start function begins by calling the import "env" "f", which may throw.
  bool calls_import = false;
  /// Whether the module fills its signal word with kFilled before.
  bool fills_signal_word = false;

  static constexpr std::uint32_t kFilled = 0xDEADBEEF;
  /// Apart for each module, so that several may share a memory.
  std::uint32_t signalAddress() const { return 512 + 32 * number + (is_unaligned ? 1 : 0); }
  std::uint32_t terminatedAddress() const;
  /// How many instances were made over a memory: 4 bytes.
  std::uint32_t countAddress() const { return 256 + 4 * number; }
};

/// Whether each instance of it is to be registered (R1, R3, R4, R5).
bool isRegistered(const WitnessPlan& plan);

/// Whether it takes memory 0 as the import "env" "memory".
bool isMemoryImported(const WitnessPlan& plan);

WitnessPlan makeWitnessPlan(ByteSource& source, std::uint32_t number);

/// The module imports "env" "w", the witness, a mutable i32 global, besides what the plan says.
std::vector<std::uint8_t> writeWitnessModule(const WitnessPlan& plan);

}  // namespace sigproof::fuzz
