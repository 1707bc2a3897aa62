// The checks of one program: the production code in one build of it.
//
//   const Suite suite = makeSuite();
//
// suite.cc, list_checks.cc, registry_checks.cc and registry_world.cc are the files that are
// compiled once for each level; everything else is compiled once.
#pragma once

#include <vector>

#include "models/stepping/engine/check.h"

namespace sigproof::stepping {

std::vector<Check> listChecks();
std::vector<Check> registryChecks();
/// The checks of this program: of list and registry, or of the binding to V8.
std::vector<Check> makeChecks();
Suite makeSuite();

}  // namespace sigproof::stepping
