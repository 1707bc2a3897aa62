// Chooses contexts for hostile programs that no embedder should make. Some were changed before core
// was installed, in ways that core must notice or can ignore. In others the feature is off (T7).
//
//   chooseInstallation(source, program);
#pragma once

#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/support/byte_source.h"

namespace sigproof::fuzz {

/// Draws how core comes into the program's context: mostly as always. Sets `installation` and
/// `change_before`; where core stays out, everything reachable is described, where it had
/// to, sometimes.
void chooseInstallation(ByteSource& source, ScriptProgram& program);

}  // namespace sigproof::fuzz
