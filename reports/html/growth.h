// How the search of the models grows with operations, readers and handlers: a chart and a table,
// made of the run's own records.
#pragma once

#include <vector>

#include "reports/html/markup.h"
#include "reports/record/record.h"

namespace sigproof::reports {

/// Returns a section for the records that have a "growth" with a series; nothing if there are none.
Markup growthSection(const std::vector<Record>& records);

}  // namespace sigproof::reports
