// The fuzz targets: which there are, and what each says about itself.
//
//   for (const std::string& target : fuzzTargets(workspace)) std::cout << "fuzz/" << target <<
//   '\n';
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ci/sigproof/process/workspace.h"
#include "reports/record/property.h"

namespace sigproof::tool {

/// fuzz/support/record/target_description.h says what each member means.
struct FuzzTargetFacts {
  std::vector<reports::Property> properties;
  std::string covered;
  std::string cannot_see;
  std::string engine;
};

/// The names behind "fuzz-" of the programs that were built.
std::vector<std::string> fuzzTargets(const Workspace& workspace);

/// Asks fuzz-<target> or replay-<target>. Throws UserError if it doesn't say, or leaves something
/// out.
FuzzTargetFacts describeTarget(const std::filesystem::path& program);

/// "shim" of "fuzz/shim" or "shim". Throws UserError if no such target was built.
std::string fuzzTargetNamed(const Workspace& workspace, const std::string& name);

}  // namespace sigproof::tool
