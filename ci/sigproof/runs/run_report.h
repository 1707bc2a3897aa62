// The last step of a command that made records: its report, which explains what came out and never
// changes it.
//
//   fmt::print("{}", summaryOf(run, records));
//   return withReport(exitStatusOf(records), workspace, out, run, records);
#pragma once

#include <filesystem>
#include <vector>

#include "ci/sigproof/process/workspace.h"
#include "reports/report_writer.h"

namespace sigproof::tool {

/// Writes the report to `out` and says on standard output where it is, unless `is_quiet`. Returns
/// `status`. A report that can't be written is told on standard error; a status of success then
/// becomes kUsageStatus, any other stands.
int withReport(int status, const Workspace& workspace, const std::filesystem::path& out,
               const reports::RunInfo& run, const std::vector<reports::Record>& records,
               bool is_quiet = false);

}  // namespace sigproof::tool
