// Facts of a whole run: commit, machine, command, start.
//
//   RunInfo run = describeRun(workspace, "sigproof verify", 7);
#pragma once

#include <string>
#include <vector>

#include "ci/sigproof/process/workspace.h"
#include "reports/report_writer.h"

namespace sigproof::tool {

/// `command` is what the person typed; the environment variable SIGPROOF_COMMAND, which ci/verify
/// sets, goes before it. The commit is "unknown" outside a git work tree. Seconds are not set.
reports::RunInfo describeRun(const Workspace& workspace, const std::string& command,
                             std::uint32_t seed);

}  // namespace sigproof::tool
