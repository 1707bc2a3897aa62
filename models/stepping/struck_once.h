// A case with a handler at one boundary in a run, once for each: what one handler did is then not
// made good by the next.
//
//   for (Case& one : cases) one = struckOnce(one);
#pragma once

#include <vector>

#include "models/stepping/check.h"

namespace sigproof::stepping {

/// Strikes where it is told to in a replay. Of a long operation, a part of the boundaries, evenly
/// spread; the result says so.
Case struckOnce(const Case& one);

/// Those of `cases` that use malloc, so struck.
std::vector<Case> struckOnce(const std::vector<Case>& cases);

}  // namespace sigproof::stepping
