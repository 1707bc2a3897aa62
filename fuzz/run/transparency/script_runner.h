// Runs a program in a world with core and in one without, and has the oracles compare everything
// that it could observe, every byte of every memory, and what must have been registered.
//
//   runInBothWorlds(program);      // aborts with a report where a property is broken
#pragma once

#include <optional>
#include <string>

#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/oracles/inspection_oracle.h"

namespace sigproof::fuzz {

struct ScriptRun {
  /// What was seen: the same program must give the same text whatever ran before in the process.
  std::string text;
  /// What the program declared of its module, if it did.
  std::optional<Declarations> declared;
};

/// Counts for the statistics.
ScriptRun runInBothWorlds(const ScriptProgram& program);

}  // namespace sigproof::fuzz
