// Makes the engine take a module for another one each time. It would otherwise find the module
// compiled already, or wait on this thread for a background compilation of the same bytes.
//
//   bytes = withNumber(bytes, ++modules_numbered);
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sigproof::fuzz {

/// The bytes of the section that withNumber() adds.
inline constexpr std::size_t kNumberSectionBytes = 14;

/// The module, with the number in a custom section at its end.
inline std::vector<std::uint8_t> withNumber(std::vector<std::uint8_t> module,
                                            std::uint64_t number) {
  // A custom section, its size, and its name.
  module.insert(module.end(), {0, kNumberSectionBytes - 2, 3, 'r', 'u', 'n'});
  for (unsigned i = 0; i < 8; ++i) module.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
  return module;
}

}  // namespace sigproof::fuzz
