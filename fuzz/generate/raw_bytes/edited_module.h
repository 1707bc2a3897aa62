// Turns input bytes into changes of a WebAssembly binary that is too large to be an input itself.
//
//   const std::vector<std::uint8_t> changed = editModule(real_module, source);
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/support/byte_source.h"

namespace sigproof::fuzz {

/// None to three changes to sections of `module`: bytes written over, put in or taken out, a length
/// written longer than it need be, a section dropped, doubled or moved; rarely the end is cut off.
/// Changes nothing where the source has run out.
std::vector<std::uint8_t> editModule(std::span<const std::uint8_t> module, ByteSource& source);

}  // namespace sigproof::fuzz
