// A PeerProgram as the driver script takes it. A stored case needs no generator, so it stays as it
// is when the generator changes.
//
//   const PeerCase asked = toCase(program, expect(program));
//   const Batch batch = join({asked, other});
//
// Its description is JSON, ASCII only:
//   size            bytes of the module
//   way, style      the names of the fuzz::Way and the fuzz::ImportStyle
//   instances       how many are made
//   imports         [{module, name, kind: "function"|"table"|"memory"|"decoy"|"global", ...}]: of a
//                   memory {initial, maximum, shared}, of a global {type, value, mutable, object};
//                   a value is text (fuzz::toDigits()), or null for a reference
//   imports_memory  whether memory 0 is the one that is imported
//   memory_export   else the name under which it is exported, or null
//   second_export   the name under which a second memory is exported, or null
//   fills           [[address, [bytes]]]: what the host puts into the memories that it hands over
//   decoy           whether one of them is a Memory that is not the module's
//   windows         [[begin, size]]: the parts of a large memory that are looked at, or null
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "fuzz/peer/cases/peer_oracle.h"
#include "fuzz/peer/cases/peer_program.h"

namespace sigproof::peer {

struct PeerCase {
  nlohmann::json description;
  std::vector<std::uint8_t> module;
};

PeerCase toCase(const PeerProgram& program, const Expectation& expected);

/// The module of toCase() for people.
std::string moduleText(const PeerProgram& program);

/// Several, in the driver's form.
struct Batch {
  std::string cases;
  std::vector<std::uint8_t> modules;
};
Batch join(std::span<const PeerCase> cases);

/// The batch as the body of a request to the other runtime.
std::string toRequest(const Batch& batch);

/// Lower-case hexadecimal digits, and back. fromHex() throws std::invalid_argument where they are
/// none, or their number is odd.
std::string toHex(std::span<const std::uint8_t> bytes);
std::vector<std::uint8_t> fromHex(const std::string& text);

}  // namespace sigproof::peer
