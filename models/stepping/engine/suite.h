// The checks of one program, which contains one build of the production code.
//
//   const Suite suite = makeSuite();
//
// suite.cc, list_checks.cc, registry_checks.cc and registry_fixture.cc are the files that are
// compiled once for each level; everything else is compiled once.
#pragma once

#include <vector>

#include "models/stepping/engine/check.h"

namespace sigproof::stepping {

std::vector<Check> listChecks();
std::vector<Check> registryChecks();
/// Returns the checks of this program: of list and registry, or of the V8 binding.
std::vector<Check> makeChecks();
Suite makeSuite();

}  // namespace sigproof::stepping
