// Replays a fuzz target's stored inputs: seeds, and what once crashed it.
//
//   const Record record = replayStoredInputs(workspace, "shim");   // "fuzz/shim-corpus"
#pragma once

#include <string>

#include "ci/sigproof/process/workspace.h"
#include "reports/record/record.h"

namespace sigproof::tool {

/// By replay-<target>, the target without libFuzzer. Where an input breaks a property, the record
/// names its file. Throws UserError if the program can't be started, and Interrupted.
reports::Record replayStoredInputs(const Workspace& workspace, const std::string& target);

}  // namespace sigproof::tool
