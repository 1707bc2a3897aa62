// A run as one HTML page that needs nothing else: no network, no script.
//
//   writeFileWhole("index.html", htmlReport(run, records));
#pragma once

#include <string>
#include <vector>

#include "reports/record/record.h"
#include "reports/record/run.h"

namespace sigproof::reports {

/// The page: the verdict, what went wrong, the properties with the checks that defend them, then
/// each check by kind. Well-formed whatever the records hold.
std::string htmlReport(const RunInfo& run, const std::vector<Record>& records);

}  // namespace sigproof::reports
