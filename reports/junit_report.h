// A run as JUnit XML, for the test views of CI systems.
//
//   writeFileWhole("junit.xml", junitReport(run, records));
#pragma once

#include <string>
#include <vector>

#include "reports/record/record.h"
#include "reports/record/run.h"

namespace sigproof::reports {

/// One testsuite a kind, one testcase a check: failed is a failure, unfinished an error, skipped a
/// skip. Always well-formed, whatever the records hold.
std::string junitReport(const RunInfo& run, const std::vector<Record>& records);

}  // namespace sigproof::reports
