// A module that the engine takes for another one each time. It would otherwise find it compiled
// already and have less to do in the background; and it waits, on this thread, for what is being
// compiled from the same bytes.
//
//   bytes = withNumber(bytes, ++modules_numbered);
#pragma once

#include <cstdint>
#include <vector>

namespace sigproof::fuzz {

/// The module, with the number in a custom section of 14 bytes at its end.
inline std::vector<std::uint8_t> withNumber(std::vector<std::uint8_t> module,
                                            std::uint64_t number) {
  module.insert(module.end(), {0, 12, 3, 'r', 'u', 'n'});
  for (unsigned i = 0; i < 8; ++i) module.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
  return module;
}

}  // namespace sigproof::fuzz
