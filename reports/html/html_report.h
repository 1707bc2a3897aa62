// A run as one self-contained HTML page: no network, no script.
//
//   writeFileWhole("index.html", htmlReport(run, records));
#pragma once

#include <string>
#include <vector>

#include "reports/record/record.h"
#include "reports/record/run.h"

namespace sigproof::reports {

/// Returns the page: the verdict, what went wrong, the properties with the checks that defend them,
/// then each check by kind. Well-formed for any records. Any thread.
std::string htmlReport(const RunInfo& run, const std::vector<Record>& records);

}  // namespace sigproof::reports
