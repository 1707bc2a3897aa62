// What both sides of the peer get: a module, a way to instantiate it, and its imports.
//
//   const PeerProgram program = makePeerProgram(seed, number);
//   const PeerCase asked = toCase(program, expect(program));
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fuzz/generate/shim_program.h"

namespace sigproof::peer {

/// How the bytes at the words are filled beforehand, so that zeros written there can be seen.
enum class Fill : std::uint8_t {
  kNone,
  kWords,
  kWordsAndMargins,  ///< and the bytes on both sides
};

/// One instantiation under the instance protocol.
struct PeerProgram {
  /// Of its ways there is one. Nothing happens afterwards.
  fuzz::ShimProgram shim;
  Fill fill = Fill::kWordsAndMargins;
  /// How many instances are made and kept. Of more than one, only the last is looked at.
  std::uint32_t instances = 1;
  /// Whether the module has a second memory, which is exported, and filled at the words too
  /// (second_memory.h). Precondition: as there.
  bool has_second_memory = false;
};

/// Where the words of the module may be taken to be: each number that a global exported under one
/// of the protocol's names has in the end, of whatever type it is, as a 32-bit (or 64-bit) address.
std::vector<std::uint64_t> possibleWords(const fuzz::ModulePlan& module);

/// What is put there before the instance is made, in places that are inside of the memory.
std::vector<fuzz::DataPlan> fillsOf(const PeerProgram& program);

/// The program as it is run: its fill is part of its data, or of what the host put into an imported
/// memory.
fuzz::ShimProgram filled(const PeerProgram& program);

/// The `number`-th program of a seed. The same two give the same program.
PeerProgram makePeerProgram(std::uint64_t seed, std::uint64_t number);

/// What the generator seldom or never makes: looked at once a run, before it.
struct FixedProgram {
  std::string_view name;
  PeerProgram program;
};
std::vector<FixedProgram> fixedPrograms();

}  // namespace sigproof::peer
