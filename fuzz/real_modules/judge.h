// What must hold of a real module that was made to listen, in every way of making an instance and
// under both protocols.
//
//   const Findings findings = judge(program, {.signal_address = 131068, .terminated_address =
//   65537}); if (!findings.violations.empty()) ...
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/real_modules/session.h"

namespace sigproof::modules {

struct Words {
  std::uint32_t signal_address = 0;
  std::uint32_t terminated_address = 0;
};

struct Findings {
  /// Each begins with the property's identifier.
  std::vector<std::string> violations;
  std::uint64_t instances = 0;
  std::uint64_t grown = 0;  ///< instances whose memory the engine would grow
  std::uint64_t memory_size_bytes = 0;
};

/// Instantiates the program without the shim, then with it, and compares memories byte by byte.
///
/// Throws EngineRefused if the engine refuses the program without the shim, and std::runtime_error
/// if the program itself wrote where the words are: then there is nothing to compare.
///
/// `is_shim_on`: off, every comparison must fail; a test asks for that.
Findings judge(const Program& program, const Words& words, bool is_shim_on = true);

}  // namespace sigproof::modules
