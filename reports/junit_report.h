// A run as JUnit XML, for the test views of CI systems.
//
//   writeFileWhole("junit.xml", junitReport(run, records));
#pragma once

#include <string>
#include <vector>

#include "reports/record/record.h"
#include "reports/record/run.h"

namespace sigproof::reports {

/// Returns one testsuite a kind and one testcase a check. A failed check is a failure, an
/// unfinished one an error, a skipped one a skip. Well-formed for any records.
std::string junitReport(const RunInfo& run, const std::vector<Record>& records);

}  // namespace sigproof::reports
