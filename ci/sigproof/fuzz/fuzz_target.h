// The fuzz targets: which there are, and what the report says about each.
//
//   for (const std::string& target : fuzzTargets(workspace)) std::cout << "fuzz/" << target <<
//   '\n';
#pragma once

#include <string>
#include <vector>

#include "ci/sigproof/process/workspace.h"
#include "reports/record/property.h"

namespace sigproof::tool {

struct FuzzTargetFacts {
  std::vector<reports::Property> properties;
  std::string covered;
  std::string cannot_see;
  std::string engine;
};

/// The names behind "fuzz-" of the programs that were built.
std::vector<std::string> fuzzTargets(const Workspace& workspace);

/// What `target` looks at. A target that nobody described yet has no properties.
FuzzTargetFacts factsOf(const std::string& target);

/// "shim" of "fuzz/shim" or "shim". Throws UserError if no such target was built.
std::string fuzzTargetNamed(const Workspace& workspace, const std::string& name);

}  // namespace sigproof::tool
