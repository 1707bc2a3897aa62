// Finds an instruction's place in the program, for people: function, source line, instructions
// around.
//
//   Location where = locate(boundary.address);
//   fmt::print("{}\n{}", where.place, where.disassembly);
//
// Asks llvm-symbolizer and llvm-objdump (or their GNU likes), and does with less where they are
// missing, hang, or print what nobody can read: a place says why it says little. Not signal-safe.
#pragma once

#include <cstdint>
#include <string>

namespace sigproof::stepping {

struct Location {
  /// "pushFront core/list/atomic_list.h:77, instruction sigproof-stepping-O2+0x1234", or less.
  std::string place;
  /// Some lines of disassembly, the instruction marked by "=>", or why there are none.
  std::string disassembly;
};

/// Never throws but for want of memory; takes a minute at most.
Location locate(std::uintptr_t address);

}  // namespace sigproof::stepping
