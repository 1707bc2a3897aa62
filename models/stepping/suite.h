// The checks of one program: the production code compiled at one optimisation level.
//
//   const Suite suite = makeSuite();
//
// suite.cc, list_checks.cc and registry_checks.cc are the files that are compiled once for each
// level; everything else is compiled once.
#pragma once

#include <vector>

#include "models/stepping/check.h"

namespace sigproof::stepping {

std::vector<Check> listChecks();
std::vector<Check> registryChecks();
Suite makeSuite();

}  // namespace sigproof::stepping
