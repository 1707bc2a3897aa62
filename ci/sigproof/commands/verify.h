// The whole run: every kind of check on the production code, every known bug, and the report.
//
//   return verify(workspace, {.out = "build/report", .seconds_per_target = 60, .seed = 7});
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ci/sigproof/output/progress.h"
#include "ci/sigproof/process/workspace.h"

namespace sigproof::tool {

struct VerifyOptions {
  std::filesystem::path out;
  unsigned seconds_per_target = 0;
  std::uint32_t seed = 1;
  std::vector<std::string> only;  ///< shell patterns of checks; none: all
  unsigned concurrency = 2;
  Progress::Style style = Progress::Style::kPlain;
  std::string command;  ///< what the person typed
};

/// Runs the checks, prints the summary to stdout and writes the report to `out`. Gives the exit
/// status. Throws UserError before anything runs if `out` can't be written or a check program is
/// missing, std::runtime_error if the report can't be written, and Interrupted; the report that was
/// there before then still stands.
int verify(const Workspace& workspace, const VerifyOptions& options);

/// Throws UserError if `directory` can't be made or no file can be written in it.
void requireWritable(const std::filesystem::path& directory);

}  // namespace sigproof::tool
