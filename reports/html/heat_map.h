// A table of mutants and checks: how long each check took to catch each mutant.
#pragma once

#include <vector>

#include "reports/html/markup.h"
#include "reports/record/record.h"

namespace sigproof::reports {

/// Returns a section with a row for each mutant of `records` and a column for each check that ran
/// on one; nothing if there are none. A cell's words repeat its colour. The records of the checks
/// on the unmodified core make the control row.
Markup heatMapSection(const std::vector<Record>& records);

}  // namespace sigproof::reports
