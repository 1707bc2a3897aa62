// Known bugs against the checks that they were given: how long each took to catch it.
#pragma once

#include <vector>

#include "reports/html/markup.h"
#include "reports/record/record.h"

namespace sigproof::reports {

/// A section with a row for each known bug of `records` and a column for each check that one was
/// given; nothing if there are none. A cell's words say what its colour says. The checks' own
/// records, of core as it is, make the row of the control.
Markup heatMapSection(const std::vector<Record>& records);

}  // namespace sigproof::reports
