// The last step of a command that made records: it writes the report, which never changes the
// outcome.
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
/// `status`. If the report can't be written, standard error says so, and a status of success
/// becomes kUsageStatus, any other stands.
int withReport(int status, const Workspace& workspace, const std::filesystem::path& out,
               const reports::RunInfo& run, const std::vector<reports::Record>& records,
               bool is_quiet = false);

}  // namespace sigproof::tool
