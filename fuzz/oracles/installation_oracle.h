// Judges what install() returned for a context, by how the context was changed before. Core must
// leave alone a context that it refused, and one with the feature off (T7).
//
//   if (const auto violation = judgeInstallation(program.installation, is_installed, seen)) ...
#pragma once

#include <optional>

#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/oracles/witness_oracle.h"
#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

/// `is_installed`: what install() returned. `seen`: the outcomes of the program's instances. That
/// nothing of the context was touched is for judgeLogs() to see.
std::optional<Violation> judgeInstallation(Installation installation, bool is_installed,
                                           const WitnessObservation& seen);

}  // namespace sigproof::fuzz
