// The summary of a run, which a person reads in ten seconds.
//
//   std::cout << summaryOf(run, records);
//   return exitStatusOf(records);
#pragma once

#include <string>
#include <vector>

#include "reports/record/record.h"
#include "reports/report_writer.h"

namespace sigproof::tool {

/// A line for each kind, then each failed, unfinished or skipped check with its one line and (but
/// for the skipped) its replay command, then the verdict.
std::string summaryOf(const reports::RunInfo& run, const std::vector<reports::Record>& records);

/// 0 if something passed and nothing failed or stayed unfinished, else 1.
int exitStatusOf(const std::vector<reports::Record>& records);

}  // namespace sigproof::tool
