// The steps by which a program is made simpler while it shows the same.
//
//   for (const PeerProgram& simpler : simplifications(program)) ...
#pragma once

#include <vector>

#include "fuzz/peer/cases/peer_program.h"

namespace sigproof::peer {

/// Programs that are one step simpler, the largest steps first. Each is valid wherever `program`
/// is. Repeated steps come to an end: a program without simplifications.
std::vector<PeerProgram> simplifications(const PeerProgram& program);

}  // namespace sigproof::peer
