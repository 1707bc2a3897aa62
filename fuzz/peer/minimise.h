// Minimises a program that shows a deviation.
//
//   const PeerProgram smallest = minimise(program, deviation, side);
#pragma once

#include "fuzz/peer/cases/peer_oracle.h"
#include "fuzz/peer/cases/peer_program.h"
#include "fuzz/peer/sides/side.h"

namespace sigproof::peer {

/// Whether the verdict shows the same deviation (isSameDeviation()).
bool shows(const PeerProgram& program, const Expectation& expected, const Verdict& seen,
           const Deviation& deviation);

/// Takes steps (simplify.h) as long as there is one after which `side` still shows the same
/// deviation. The program itself, if it doesn't show it. Throws as Side::run().
PeerProgram minimise(PeerProgram program, const Deviation& deviation, Side& side);

}  // namespace sigproof::peer
